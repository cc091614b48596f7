/** What a seed stands for: the bus, its groups, the faults and the amount of everything. Drawn once, before the run. */
import { createPrng, hash32, type Prng } from '../../src/base/index.ts';
import type { FullPolicy } from '../../src/engine/options.ts';
import { PRIORITIES, type Priority } from '../../src/event/index.ts';
import type { GroupRules } from '../support/history/index.ts';

export const KEYED = 'sim.keyed';
export const FREE = 'sim.free';
export const LOOSE = 'sim.loose';
export const DELAYED = 'sim.delayed';
export const LIMITED = 'sim.limited';

/** What a handler does with one event on one attempt. */
export interface Fate {
  readonly kind: 'ok' | 'throw' | 'reject' | 'kill' | 'hang' | 'linger';
  /** A fault strikes before or after the derived events were published, or in a later turn of an asynchronous run. */
  readonly isEarly: boolean;
  readonly isAsync: boolean;
  readonly never: boolean;
  readonly children: number;
}

export interface GroupPlan {
  readonly name: string;
  readonly topics: readonly string[];
  readonly isMain: boolean;
  readonly lane: Priority | null;
  readonly isPicky: boolean;
  readonly isBroadcast: boolean;
  readonly isOrdered: boolean;
  readonly maxRetries: number;
  readonly concurrency: number | null;
  /** Subscriptions that share the group, one per half of the topics. */
  readonly isSplit: boolean;
  /** Chances per delivery. */
  readonly faults: {
    readonly throw: number;
    readonly reject: number;
    readonly kill: number;
    readonly hang: number;
    readonly linger: number;
  };
  readonly asyncRatio: number;
  readonly neverRatio: number;
  readonly childRatio: number;
}

export interface Plan {
  readonly seed: number;
  readonly workers: number;
  readonly isInline: boolean;
  readonly isLockstep: boolean;
  readonly fullPolicy: FullPolicy;
  readonly overflowBytesMax: number;
  readonly retriesMax: number;
  readonly backoffMs: readonly number[];
  readonly jitterRatio: number;
  readonly timeoutMs: number;
  readonly dedupeMs: number;
  readonly keys: number;
  readonly events: number;
  /** Largest filling of an event in bytes. */
  readonly padMax: number;
  readonly kills: number;
  readonly pointsMax: number;
  readonly churn: number;
  readonly redrives: number;
  readonly jumps: number;
  readonly freezes: number;
  readonly drains: number;
  /** Stop after so many publishes, or null to drain first. */
  readonly stopAfter: number | null;
  readonly groups: readonly GroupPlan[];
}

export function createPlan(seed: number): Plan {
  const prng = createPrng(`sim:${seed}:plan`);
  const isLockstep = prng.next() < 0.12;
  const isInline = !isLockstep && prng.next() < 0.04;
  const isCalm = prng.next() < 0.15;
  const fullPolicy = isLockstep ? 'wait' : pick(prng, ['wait', 'wait', 'wait', 'reject', 'dropOldest', 'dropNewest'] as const);
  const maxRetries = isLockstep ? 10 : 1 + prng.integer(3);
  const workers = 1 + prng.integer(4);
  const isSmall = prng.next() < (fullPolicy === 'dropOldest' ? 0.7 : 0.15);
  const some = (ratio: number, most: number): number => (!isCalm && prng.next() < ratio ? 1 + prng.integer(most) : 0);
  const groups: GroupPlan[] = [];
  const groupCount = 1 + prng.integer(4);
  while (groups.length < groupCount) {
    groups.push(
      createGroup(prng, `g${groups.length + 1}`, {
        maxRetries,
        isLockstep,
        isCalm,
        mayBroadcast: !fullPolicy.startsWith('drop') && !isSmall,
        mayFilter: !fullPolicy.startsWith('drop'),
      }),
    );
  }
  const events = 15 + prng.integer(70);
  return {
    seed,
    workers,
    isInline,
    isLockstep,
    fullPolicy,
    overflowBytesMax: isSmall && !isLockstep ? 16_384 : 2 ** 26,
    retriesMax: prng.next() < 0.05 && !isLockstep ? 2 : 1_000_000,
    backoffMs: pick(prng, [[20, 60, 150], [100, 500, 2000], [5], [0, 40]]),
    jitterRatio: pick(prng, [0, 0, 0.5]),
    timeoutMs: pick(prng, [300, 1000, 3000]),
    dedupeMs: !isLockstep && prng.next() < 0.25 ? 200 : 0,
    keys: 1 + prng.integer(prng.next() < 0.3 ? 2 : 12),
    events,
    padMax: prng.next() < 0.35 ? 7000 : 60,
    kills: some(0.7, 4),
    pointsMax: pick(prng, [8, 40, 200, 1000]),
    churn: isLockstep ? 0 : some(0.3, 3),
    redrives: isLockstep ? 0 : some(0.5, 4),
    jumps: some(0.4, 3),
    freezes: some(0.2, 2),
    drains: some(0.4, 3),
    stopAfter: !isLockstep && prng.next() < 0.1 ? prng.integer(events) : null,
    groups,
  };
}

interface Limits {
  readonly maxRetries: number;
  readonly isLockstep: boolean;
  readonly isCalm: boolean;
  readonly mayBroadcast: boolean;
  /** Not where events are dropped: nobody says which, and one that a filter refuses may be among them. */
  readonly mayFilter: boolean;
}

function createGroup(prng: Prng, name: string, limits: Limits): GroupPlan {
  const isMain = prng.next() < 0.25;
  const isFaulty = !limits.isCalm && prng.next() < 0.75;
  const fault = (ratio: number, most: number): number => (isFaulty && prng.next() < ratio ? prng.next() * most : 0);
  return {
    name,
    topics: pick(prng, [['sim.*'], ['sim.*'], [KEYED], [KEYED, LOOSE], [FREE, LOOSE, DELAYED, LIMITED]]),
    isMain,
    lane: prng.next() < 0.3 ? pick(prng, PRIORITIES) : null,
    isPicky: prng.next() < 0.2 && limits.mayFilter,
    isBroadcast: limits.mayBroadcast && !limits.isLockstep && !isMain && prng.next() < 0.15,
    isOrdered: prng.next() < 0.85,
    maxRetries: limits.isLockstep ? limits.maxRetries : pick(prng, [limits.maxRetries, limits.maxRetries, 0, 1]),
    concurrency: pick(prng, [null, null, 1, 2]),
    isSplit: prng.next() < 0.1,
    faults: {
      throw: fault(0.8, 0.3),
      reject: fault(0.3, 0.1),
      kill: isMain ? 0 : fault(0.3, 0.08),
      hang: isMain ? 0 : fault(0.15, 0.04),
      linger: fault(0.2, 0.1),
    },
    asyncRatio: pick(prng, [0, 0, 0.5, 1]),
    neverRatio: fault(0.3, 0.08),
    childRatio: pick(prng, [0, 0.2, 0.5]),
  };
}

/**
 * What becomes of a delivery: the same for every run of a seed, whatever the number of threads.
 *
 * @param n number that the event carries
 */
export function fateOf(plan: Plan, group: GroupPlan, n: number, depth: number, attempt: number): Fate {
  let hash = hash32(`${plan.seed}/${n}/${group.name}`);
  const next = (): number => {
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
    hash = (hash ^ (hash >>> 12)) >>> 0;
    return hash / 4_294_967_296;
  };
  const { faults } = group;
  let chance = next();
  let kind: Fate['kind'] = 'ok';
  for (const name of ['throw', 'reject', 'kill', 'hang', 'linger'] as const) {
    if (kind !== 'ok') break;
    if (chance < faults[name]) kind = name;
    chance -= faults[name];
  }
  const length = next();
  // Most faults pass after a try or two; some never do.
  const tries = length < 0.6 ? 1 : length < 0.85 ? 2 : plan.isLockstep ? 3 : 99;
  if (attempt > tries && kind !== 'reject') kind = 'ok';
  const isAsync = next() < group.asyncRatio;
  const never = isAsync && next() < group.neverRatio && attempt <= tries;
  // Every member of a broadcast derives, for all members: with more of it the events of a seed would grow without bound.
  const childRatio = group.isBroadcast ? group.childRatio / 8 : group.childRatio;
  const children = depth < 2 && next() < childRatio ? 1 + Math.floor(next() * 2) : 0;
  return { kind, isEarly: next() < 0.5, isAsync, never, children };
}

export function rulesOf(plan: Plan, group: GroupPlan): GroupRules {
  return {
    attemptsMax: group.maxRetries + 1,
    lanes: group.lane !== null || plan.isLockstep ? 'pinned' : 'own',
    ordered: group.isOrdered,
  };
}

export function pick<T>(prng: Prng, list: readonly T[]): T {
  return list[prng.integer(list.length)]!;
}
