/**
 * What is tortured and how: groups, faults and the random events that carry them. Pure, and the same for the same seed.
 */
import { createPrng, type Prng } from '../../src/base/index.ts';
import { PRIORITIES, type Priority } from '../../src/event/index.ts';
import type { GroupRules } from '../support/history/index.ts';

export const MAX_RETRIES = 3;
export const TIMEOUT_MS = 300;
export const WORKERS = 2;
const KEYS = 40;

const rules = { attemptsMax: MAX_RETRIES + 1, lanes: 'own', ordered: true } as const;

/** Groups by place; every event type they want is in `wantedBy`. */
export const GROUPS = ['fast', 'pinned', 'picky', 'faulty', 'async', 'pipeline', 'main', 'late'] as const;
export type Group = (typeof GROUPS)[number];
export const GROUP_RULES: Readonly<Record<Group, GroupRules>> = {
  fast: rules,
  pinned: { ...rules, lanes: 'pinned' },
  picky: rules,
  faulty: rules,
  async: rules,
  pipeline: rules,
  main: rules,
  late: rules,
};

/** A fault that an event carries: the group whose handler acts on it, and how often it comes, per second. */
export const EVENT_FAULTS = {
  throw: { group: 'faulty', perSecond: 20 },
  'odd-throw': { group: 'faulty', perSecond: 10 },
  'huge-message': { group: 'faulty', perSecond: 0.5 },
  reject: { group: 'faulty', perSecond: 5 },
  slow: { group: 'faulty', perSecond: 1 },
  exit: { group: 'faulty', perSecond: 0.5 },
  'throw-exit': { group: 'faulty', perSecond: 0.2 },
  oom: { group: 'faulty', perSecond: 0.15 },
  loop: { group: 'faulty', perSecond: 0.2 },
  'async-throw': { group: 'async', perSecond: 20 },
  'async-exit': { group: 'async', perSecond: 0.3 },
  'async-loop': { group: 'async', perSecond: 0.1 },
  never: { group: 'async', perSecond: 1 },
  'too-late': { group: 'async', perSecond: 1 },
  unhandled: { group: 'async', perSecond: 0.2 },
  burst: { group: 'pipeline', perSecond: 1 },
  'pipeline-throw': { group: 'pipeline', perSecond: 5 },
  'pipeline-exit': { group: 'pipeline', perSecond: 0.2 },
  'main-throw': { group: 'main', perSecond: 10 },
  'main-never': { group: 'main', perSecond: 0.5 },
} as const satisfies Record<string, { group: Group; perSecond: number }>;
export type EventFault = keyof typeof EVENT_FAULTS;

/** Faults that come from outside the handlers, with their mean distance in seconds. */
export const SITUATIONS = {
  freeze: 12,
  stall: 5,
  flood: 3,
  churn: 0.1,
  'churn-module': 1,
  once: 0.1,
  iterate: 1,
  'late-group': 2,
  redrive: 1,
} as const;
export type Situation = keyof typeof SITUATIONS;

export const FAULTS = [...(Object.keys(EVENT_FAULTS) as EventFault[]), ...(Object.keys(SITUATIONS) as Situation[])] as const;
export type Fault = EventFault | Situation;

/** Faults after which a thread is expected to be gone. */
export const DEADLY: ReadonlySet<Fault> = new Set([
  'exit',
  'throw-exit',
  'oom',
  'loop',
  'async-exit',
  'async-loop',
  'unhandled',
  'pipeline-exit',
]);
/** Faults whose runs are given up by time. */
export const HANGING: ReadonlySet<Fault> = new Set(['never', 'too-late', 'main-never']);

export interface TickPayload extends Record<string, unknown> {
  readonly n: number;
  readonly key: number;
  /** Empty for none. */
  readonly fault: string;
  /** Attempts that fail. */
  readonly times: number;
  readonly pick: boolean;
  /** Events that the pipeline derives. */
  readonly derive: number;
  /** Turns of the event loop that asynchronous handlers take. */
  readonly hops: number;
}

export interface PlannedEvent {
  readonly type: 'torture.tick' | 'torture.free';
  readonly priority: Priority;
  readonly lane: number;
  readonly payload: TickPayload;
}

/** Makes the events of a run, one after the other. */
export function createPlan(seed: number, ratePerSecond: number, only: ReadonlySet<Fault>): () => PlannedEvent {
  const prng = createPrng(`torture:${seed}`);
  const faults = (Object.keys(EVENT_FAULTS) as EventFault[]).filter((fault) => only.has(fault));
  let n = 0;
  return () => {
    n++;
    const fault = pickFault(prng, faults, ratePerSecond);
    const lane = prng.integer(PRIORITIES.length);
    const chance = prng.next();
    const payload = {
      n,
      key: prng.integer(KEYS),
      fault: fault ?? '',
      // Most are over after the first attempt; some never are, and end as dead letters.
      times: chance < 0.7 ? 1 : chance < 0.85 ? 2 : 99,
      pick: prng.integer(4) === 0,
      derive: fault === 'burst' ? 100 + prng.integer(400) : Math.max(0, prng.integer(5) - 2),
      hops: prng.integer(4),
    };
    // A type that nobody defined travels as a map; the groups that want only defined types never see its faults.
    const isFree = fault === null && prng.integer(5) === 0;
    return { type: isFree ? 'torture.free' : 'torture.tick', priority: PRIORITIES[lane]!, lane, payload };
  };
}

/** Waiting time until a situation comes again, in ms: between half and one and a half of its distance. */
export function nextDelay(prng: Prng, situation: Situation): number {
  return 1000 * SITUATIONS[situation] * (0.5 + prng.next());
}

/** Type, filter field and fault of an accepted event, as they stand in the log. */
export function toFlags(event: PlannedEvent): number {
  const fault = (FAULTS as readonly string[]).indexOf(event.payload.fault) + 1;
  return (event.type === 'torture.free' ? 1 : 0) | (event.payload.pick ? 2 : 0) | (fault << 8);
}

export function faultOf(flags: number): Fault | undefined {
  return FAULTS[(flags >> 8) - 1];
}

/** Groups that owe an outcome for an event that a publisher made. */
export function wantedBy(flags: number): Group[] {
  if ((flags & 1) !== 0) return ['fast', 'pinned', 'faulty'];
  return ['fast', 'pinned', ...((flags & 2) !== 0 ? (['picky'] as const) : []), 'faulty', 'async', 'pipeline', 'main'];
}

/** Groups that owe an outcome for a derived event. */
export const DERIVED_WANTED_BY: readonly Group[] = ['fast'];

function pickFault(prng: Prng, faults: readonly EventFault[], ratePerSecond: number): EventFault | null {
  let chance = prng.next() * ratePerSecond;
  for (const fault of faults) {
    chance -= EVENT_FAULTS[fault].perSecond;
    if (chance < 0) return fault;
  }
  return null;
}
