import { defineEvent, moduleHandler, Type, type DraftOptions, type EventInput, type ModuleHandler } from '../../src/index.ts';
import type { SharedLog } from './shared-log.ts';

/**
 * What a scripted handler does on one attempt.
 *
 *   ok throw reject          at once: succeeds, throws, throws RejectEvent
 *   later later-throw        the same on a later turn of the event loop
 *   gate gate-throw          once the log's gate is open, waiting on the event loop
 *   block                    once the log's gate is open, holding the whole thread
 *   never                    returns a promise that is never settled
 *   exit unhandled memory    kills its thread
 *   block-exit               the same once the gate is open, holding the thread until then
 */
export type Action =
  | 'ok'
  | 'throw'
  | 'reject'
  | 'later'
  | 'later-throw'
  | 'gate'
  | 'gate-throw'
  | 'block'
  | 'never'
  | 'exit'
  | 'block-exit'
  | 'unhandled'
  | 'memory';

/** Tells a scripted handler what to do: `script[attempt - 1]`, and `ok` after its end. */
export const Step = defineEvent('contract.step', {
  payload: Type.Object({
    id: Type.Integer(),
    symbol: Type.String(),
    script: Type.Array(Type.String()),
    /** Echoes to publish before acting. */
    emit: Type.Integer(),
    pad: Type.String(),
  }),
  key: (payload) => payload.symbol,
});

/** What a scripted handler derives. */
export const Echo = defineEvent('contract.echo', {
  payload: Type.Object({ id: Type.Integer(), n: Type.Integer(), attempt: Type.Integer() }),
  key: (payload) => String(payload.id),
});

export interface StepPlan extends DraftOptions {
  readonly symbol?: string;
  readonly script?: readonly Action[];
  readonly emit?: number;
  /** Bytes to make the event larger by. */
  readonly pad?: number;
}

export function step(id: number, plan: StepPlan = {}): EventInput {
  const { symbol = 'A', script = [], emit = 0, pad = 0, ...options } = plan;
  return Step.create({ id, symbol, script: [...script], emit, pad: 'x'.repeat(pad) }, options);
}

/** Steps 1 to `count`. */
export function steps(count: number, planOf: (id: number) => StepPlan = () => ({})): EventInput[] {
  return Array.from({ length: count }, (_, i) => step(i + 1, planOf(i + 1)));
}

let instances = 0;

/** The scripted handler in a module: on a worker thread, or here on an inline bus. */
export function scripted(log: SharedLog): ModuleHandler {
  return moduleHandler(new URL('./handlers/scripted.ts', import.meta.url), 'onStep', {
    options: { buffer: log.buffer },
    instance: `scripted-${++instances}`,
  });
}
