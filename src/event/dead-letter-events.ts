import { defineEvent } from './definition.ts';
import { Type } from './schema.ts';

const id = Type.String({ title: 'id', minLength: 1 });
const obj = Type.Record(Type.String(), Type.Unknown(), { title: 'obj' });
const KEEP = { priority: 'HIGH', key: () => 'sys', retentionMs: 'forever', maxLength: 10_000 } as const;

/**
 * The events that the engine itself publishes, on a bus with a durable log. They stand here because the engine does not
 * know the catalogue; the catalogue lists them like the others.
 */
export const DeadLetterAdded = defineEvent('system.deadletter.added', {
  payload: Type.Object({
    letter_id: id,
    event_id: id,
    event_seq: Type.Integer({ title: 'int' }),
    type: id,
    group: id,
    reason: Type.String({ title: 'code', minLength: 1 }),
    attempts: Type.Integer({ title: 'count', minimum: 0 }),
    code: Type.String({ title: 'code', minLength: 1 }),
    message: Type.String({ title: 'str' }),
    dead_at: Type.Integer({ title: 'us', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    /** `{ attempt, code, message, atUs }` of every failed delivery, oldest first. */
    failures: Type.Array(obj, { title: 'obj[]' }),
    /** What was given up: `{ key, timestamp, tsInitUs, priority, source, causeSeq, emitIndex, ..., payload }`; empty if it could not be read. */
    event: obj,
  }),
  ...KEEP,
  description: 'An event was given up for a group',
  publishers: ['engine'],
  consumers: ['alerting'],
});

export const DeadLetterRemoved = defineEvent('system.deadletter.removed', {
  payload: Type.Object({
    letter_id: id,
    cause: Type.Enum(['REDRIVEN', 'PURGED', 'FORGOTTEN']),
  }),
  ...KEEP,
  description: 'A dead letter is one no longer: handled after all, purged, or one too many',
  publishers: ['engine'],
  consumers: ['alerting'],
});

/** Written by who works on the log of a bus that does not run; the bus redrives the letter when it starts. */
export const DeadLetterRedriveRequested = defineEvent('system.deadletter.redrive_requested', {
  payload: Type.Object({ letter_id: id }),
  ...KEEP,
  description: 'A dead letter is to be sent to its group again',
  publishers: ['engine', 'cli'],
  consumers: [],
});
