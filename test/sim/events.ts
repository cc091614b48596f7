/** The events of the simulated workload. */
import { defineEvent, Type, type Static } from '../../src/event/index.ts';
import { DELAYED, FREE, KEYED, LIMITED, LOOSE } from './plan.ts';

const payload = Type.Object({
  /** Decides what handlers do with it. */
  n: Type.Integer(),
  key: Type.String(),
  pick: Type.Boolean(),
  /** 0 for an event from outside, else one more than its cause's. */
  depth: Type.Integer(),
  /** Seq, group or member, and place of the run that derived it. */
  cause: Type.Integer(),
  by: Type.String(),
  index: Type.Integer(),
  /** Events with the same one are the same; empty for none. */
  twin: Type.String(),
  pad: Type.String(),
});

export type SimPayload = Static<typeof payload>;

/** Tokens per second and bucket size of the limited types. */
export const RATE = { perSecond: 50, burst: 3 } as const;

export const DEFINITIONS = {
  [KEYED]: defineEvent(KEYED, { payload, key: ({ key }) => key }),
  [FREE]: defineEvent(FREE, { payload }),
  [DELAYED]: defineEvent(DELAYED, { payload, key: ({ key }) => key, rateLimit: { ...RATE, onLimit: 'delay' } }),
  [LIMITED]: defineEvent(LIMITED, { payload, rateLimit: { ...RATE, onLimit: 'drop' } }),
};

/** True for types whose events are ordered by key; LOOSE is in no catalogue and gets its key at publish. */
export function hasKeyOf(type: string): boolean {
  return type === KEYED || type === LOOSE || type === DELAYED;
}
