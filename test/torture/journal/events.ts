/**
 * The events that the process under torture publishes. All of an event follows from the seed and its seq, so whoever reads
 * a journal can tell what must be there without having been told.
 */
import { crc32 } from 'node:zlib';
import { hash32 } from '../../../src/base/index.ts';
import { ATTEMPT, FLAG_ACK, FLAG_RELEASE, FLAG_RETRY, FLAGS, ROUTE, TARGETS } from '../../../src/codec/index.ts';
import { defineEvent, Type, type EventInput } from '../../../src/index.ts';

const Payload = Type.Object({ n: Type.Integer(), text: Type.String(), ratio: Type.Union([Type.Number(), Type.Null()]) });

const keyOf = ({ n }: { n: number }): string => keyOfSeq(n);
/** Retention lets old ones go. */
export const Tick = defineEvent('torture.tick', { payload: Payload, key: keyOf });
/** Stays for ever. */
export const Audit = defineEvent('torture.audit', { payload: Payload, key: keyOf });
/** In no catalogue, so it travels with its name. */
const ODD_TYPE = 'torture.odd';

export const KEYS = Array.from({ length: 16 }, (_, i) => `key-${i}`);
/** Events of Tick that retention must leave. */
export const TICKS_KEPT = 4000;

export interface ExpectedEvent {
  readonly type: string;
  readonly key: string | null;
  readonly payload: { readonly n: number; readonly text: string; readonly ratio: number | null };
}

export function typeOfSeq(seq: number): string {
  return seq % 211 === 0 ? ODD_TYPE : seq % 101 === 0 ? Audit.type : Tick.type;
}

export function keyOfSeq(seq: number): string {
  return KEYS[hash32(String(seq)) % KEYS.length]!;
}

/** The event of this seq. Mostly short; some fill a batch, and a few are longer than one. */
export function expectedEvent(seed: number, seq: number): ExpectedEvent {
  const random = hash32(`${seed}:${seq}`);
  const length = random % 997 === 0 ? 3000 + (random % 9000) : random % 31 === 0 ? 500 : random % 120;
  const text = `${seq}:`.padEnd(length, String.fromCharCode(97 + (random % 26)));
  const type = typeOfSeq(seq);
  return { type, key: keyOfSeq(seq), payload: { n: seq, text, ratio: random % 5 === 0 ? null : random / 7 } };
}

export function inputOf({ type, key, payload }: ExpectedEvent): EventInput {
  return type === ODD_TYPE ? { type, key: key!, payload } : { type, payload };
}

const scratch = Buffer.alloc(1 << 17);

/** A checksum of what a frame says of its event, wherever it lies; without what belongs to a delivery. */
export function stableCrc(bytes: Uint8Array, offset: number, length: number): number {
  scratch.set(bytes.subarray(offset, offset + length));
  scratch[FLAGS]! &= ~(FLAG_RETRY | FLAG_RELEASE | FLAG_ACK);
  scratch.writeUInt32LE(0, ROUTE);
  scratch.writeUInt32LE(0, TARGETS);
  scratch.writeUInt16LE(0, ATTEMPT);
  return crc32(scratch.subarray(0, length));
}
