/** Writes down what the handlers, the dead letters and the commits of a run show, and checks it as it happens. */
import type { Logger } from '../../src/base/index.ts';
import { LANE } from '../../src/codec/index.ts';
import type { BusStats } from '../../src/engine/stats.ts';
import type { SinkEvent } from '../../src/engine/sink.ts';
import { hasKeyOf, type SimPayload } from './events.ts';
import { HistoryChecker, tell, type GroupCounters, type GroupRules, type HistoryRecord, type Violation } from '../support/history/index.ts';
import { readingHost } from './hooks.ts';
import { Broken, type Kernel } from './kernel.ts';
import { rulesOf, type GroupPlan, type Plan } from './plan.ts';
import { matches } from '../../src/event/index.ts';

/** Retries may come this much later than their schedule while nothing else happens (I5). */
const LATENESS_MS_MAX = 50;
/** Records that a worker may finish after a CRITICAL event was committed and before it comes to it (I10). */
const OVERTAKEN_MAX = 24;

interface Failure {
  readonly atMs: number;
  readonly delayMs: number;
  readonly worker: number;
  /** Nothing was disturbed any more when it happened, so that it must also be punctual. */
  readonly isCalm: boolean;
}

interface Critical {
  readonly seq: number;
  /** Lower starts of every thread when it was committed. */
  readonly starts: ReadonlyMap<number, number>;
}

export class Witness {
  readonly checker: HistoryChecker;
  /** One line per commit: what lockstep and inline runs must agree on. */
  readonly log: string[] = [];
  readonly tallies = { accepted: 0, started: 0, deadLettered: 0, redriven: 0, overtakes: 0, retriesTimed: 0, twins: 0 };
  /** No fault will be injected any more. */
  isCalm = false;
  /** Members of checked groups by name, and how many there are of each broadcast. */
  readonly #plan: Plan;
  readonly #kernel: Kernel;
  readonly #groups: ReadonlyMap<string, GroupPlan>;
  readonly #failures = new Map<string, Failure>();
  readonly #expected = new Map<string, number>();
  readonly #dead = new Map<string, number>();
  readonly #droppedBefore = new Map<string, number>();
  readonly #critical = new Map<string, Critical>();
  readonly #lowerStarts = new Map<number, number>();
  readonly #seqOfTwin = new Map<string, { readonly seq: number; readonly atMs: number }>();
  readonly #troubled = new Set<string>();
  /** Some handlers take their time or fill their ring, so that others start late. */
  readonly #isSlow: boolean;
  /** Some runs stay in their ring, so that what comes later may find it full. */
  readonly #isAsync: boolean;

  constructor(kernel: Kernel, plan: Plan) {
    this.#kernel = kernel;
    this.#plan = plan;
    this.#groups = new Map(plan.groups.map((group) => [group.name, group]));
    this.#isSlow = plan.groups.some(({ faults, neverRatio }) => faults.linger + neverRatio > 0);
    this.#isAsync = plan.groups.some(({ asyncRatio }) => asyncRatio > 0);
    const rules: Record<string, GroupRules> = {};
    for (const group of plan.groups) for (const member of this.membersOf(group)) rules[member] = rulesOf(plan, group);
    this.checker = new HistoryChecker(rules);
  }

  /** Names in the history: the group's, or one per member of a broadcast. */
  membersOf(group: GroupPlan): string[] {
    if (!group.isBroadcast || this.#plan.isInline) return [group.name];
    return Array.from({ length: this.#plan.workers }, (_, i) => `${group.name}#${i + 1}`);
  }

  record(record: HistoryRecord): void {
    if (this.#kernel.fault !== null) return;
    this.#kernel.trace?.(tell(record));
    this.checker.record(record);
    const { violation } = this.checker;
    if (violation !== null) this.#kernel.fault = broken(violation);
  }

  /** The bus's sink: called at every commit. */
  readonly sink = {
    write: (bytes: Buffer, offset: number, _length: number, event: SinkEvent): void => {
      const { key, payload } = event.decode();
      const lane = bytes[offset + LANE]!;
      const { n, cause, by, index, pick, twin } = payload as SimPayload;
      this.tallies.accepted++;
      this.log.push(`${event.type} ${n} ${key} ${cause} ${by} ${index} ${lane}`);
      if (twin !== '') this.#checkTwin(twin, event.seq);
      const groups: string[] = [];
      for (const group of this.#groups.values()) {
        if (!group.topics.some((topic) => matches(topic, event.type)) || (group.isPicky && !pick)) continue;
        for (const member of this.membersOf(group)) {
          groups.push(member);
          this.#expected.set(member, (this.#expected.get(member) ?? 0) + 1);
          if (lane === 0 && !group.isMain)
            this.#critical.set(`${event.seq}/${member}`, { seq: event.seq, starts: new Map(this.#lowerStarts) });
        }
      }
      const isDerived = this.#groups.has(by.replace(/#.*/, ''));
      this.record({
        kind: 'accepted',
        id: event.seq,
        key: hasKeyOf(event.type) ? key : null,
        lane,
        groups,
        ...(isDerived ? { cause: { id: cause, group: by, index } } : {}),
      });
    },
  };

  readonly logger: Logger = {
    debug: () => {},
    info: () => {},
    warn: (fields, message) => this.#kernel.trace?.(`${message} ${JSON.stringify(fields)}`),
    error: (fields, message) => {
      if (message !== 'event dead-lettered') return;
      const { id, group, reason } = fields as { id: string; group: string; reason: string };
      const seq = Number(id.slice(id.lastIndexOf('-') + 1));
      const plan = this.#groups.get(group);
      if (plan === undefined) return;
      const member = plan.isBroadcast && !this.#plan.isInline ? `${group}#${readingHost}` : group;
      this.tallies.deadLettered++;
      this.#dead.set(member, (this.#dead.get(member) ?? 0) + 1);
      this.#failures.delete(`${seq}/${member}`);
      this.record({ kind: 'deadLettered', id: seq, group: member, reason });
    },
  };

  started(id: number, member: string, key: string | null, lane: number, attempt: number, worker: number): void {
    this.tallies.started++;
    const name = `${id}/${member}`;
    const failure = this.#failures.get(name);
    if (failure !== undefined) {
      this.#failures.delete(name);
      this.#checkDelay(id, member, attempt, failure);
    }
    this.#checkOvertaking(name, member, key, lane, attempt, worker);
    this.record({ kind: 'started', id, group: member, attempt, worker });
  }

  ended(
    id: number,
    group: GroupPlan,
    member: string,
    attempt: number,
    worker: number,
    outcome: 'ok' | 'failed' | 'rejected' | 'timeout',
    emitted: number,
  ): void {
    if (outcome === 'failed' || outcome === 'timeout') {
      const delayMs = this.#plan.backoffMs[Math.min(attempt, this.#plan.backoffMs.length) - 1]!;
      this.#failures.set(`${id}/${member}`, {
        atMs: this.#kernel.nowMs,
        delayMs,
        worker,
        isCalm: this.isCalm && group.asyncRatio === 0 && !this.#isSlow,
      });
    }
    this.record({ kind: 'ended', id, group: member, attempt, worker, outcome, emitted: outcome === 'ok' ? emitted : 0 });
  }

  /** From now on nothing is said about the order of this key in CRITICAL: it waits behind a retry. */
  troubled(member: string, key: string | null): void {
    this.#troubled.add(`${member}/${key}`);
  }

  redriven(id: number, group: string): void {
    this.tallies.redriven++;
    this.#dead.set(group, (this.#dead.get(group) ?? 0) - 1);
    this.record({ kind: 'redriven', id, group });
  }

  /** Compares with the books; nothing is in flight, or the pending ones are counted. */
  settle(stats: BusStats): void {
    const counters: Record<string, GroupCounters> = {};
    for (const group of this.#plan.groups) {
      const told = stats.perGroup[group.name];
      if (told === undefined) continue;
      const dropped = told.dropped - (this.#droppedBefore.get(group.name) ?? 0);
      this.#droppedBefore.set(group.name, told.dropped);
      if (dropped > 0) this.record({ kind: 'dropped', group: group.name, count: dropped });
      const members = this.membersOf(group);
      if (members.length === 1 && members[0] === group.name) {
        counters[group.name] = { ...told, filtered: this.#filtered(told, this.#expected.get(group.name) ?? 0, stats.crashes) };
        continue;
      }
      // The bus adds its members up; the history must add up to the same.
      const expectedSum = members.reduce((sum, member) => sum + (this.#expected.get(member) ?? 0), 0);
      let [dispatched, deadLettered] = [this.#filtered(told, expectedSum, stats.crashes), 0];
      for (const member of members) {
        const expected = this.#expected.get(member) ?? 0;
        const dead = this.#dead.get(member) ?? 0;
        dispatched += expected;
        deadLettered += dead;
        counters[member] = { dispatched: expected, acknowledged: expected - dead, filtered: 0, deadLettered: dead, dropped: 0, pending: 0 };
      }
      const sums = `${dispatched} dispatched, ${deadLettered} dead, ${dispatched - deadLettered} acknowledged`;
      const books = `${told.dispatched} dispatched, ${told.deadLettered} dead, ${told.acknowledged} acknowledged`;
      if (sums !== books && told.pending === 0) throw new Broken(`I9: broadcast ${group.name} says ${books}; the history has ${sums}`);
    }
    const violation = this.checker.settle(counters);
    if (violation !== null) throw broken(violation);
  }

  /** A thread that dies between counting a refusal of the filter and acknowledging it makes its successor count again. */
  #filtered(told: GroupCounters, expected: number, crashes: number): number {
    const recounted = told.filtered - (told.dispatched - expected);
    return recounted > 0 && recounted <= crashes ? told.filtered - recounted : told.filtered;
  }

  #checkDelay(id: number, member: string, attempt: number, failure: Failure): void {
    // A thread that died before it could report the failure: it counts as a crash, which is retried at once.
    if (failure.worker > 0 && !this.#kernel.threads[failure.worker - 1]!.isAlive) return;
    const waited = this.#kernel.nowMs - failure.atMs;
    this.tallies.retriesTimed++;
    if (waited < failure.delayMs)
      this.#fail(`I5: attempt ${attempt} of event ${id} in ${member} after ${waited} ms instead of ${failure.delayMs}`);
    const latest = failure.delayMs * (1 + this.#plan.jitterRatio) + LATENESS_MS_MAX;
    if (failure.isCalm && !this.#plan.isLockstep && waited > latest)
      this.#fail(`I5: attempt ${attempt} of event ${id} in ${member} only after ${waited} ms instead of ${failure.delayMs}`);
  }

  #checkOvertaking(name: string, member: string, key: string | null, lane: number, attempt: number, worker: number): void {
    const group = this.#groups.get(member.replace(/#.*/, ''))!;
    if (lane !== 0 && group.lane !== 'CRITICAL') this.#lowerStarts.set(worker, (this.#lowerStarts.get(worker) ?? 0) + 1);
    const critical = this.#critical.get(name);
    if (critical === undefined) return;
    this.#critical.delete(name);
    const isUsual = attempt === 1 && group.lane === null && !this.#isAsync && !this.#plan.isLockstep && this.#plan.padMax < 100;
    if (!isUsual || this.#troubled.has(`${member}/${key}`) || this.#troubled.has('deaths/null')) return;
    const overtaken = (this.#lowerStarts.get(worker) ?? 0) - (critical.starts.get(worker) ?? 0);
    this.tallies.overtakes++;
    if (overtaken > OVERTAKEN_MAX) this.#fail(`I10: CRITICAL event ${critical.seq} waited for ${overtaken} others in ${member}`);
  }

  #checkTwin(twin: string, seq: number): void {
    const first = this.#seqOfTwin.get(twin);
    const now = this.#kernel.nowMs;
    if (first !== undefined && now - first.atMs < this.#plan.dedupeMs)
      this.#fail(`dedupe: events ${first.seq} and ${seq} are the same (${twin})`);
    if (first !== undefined) this.tallies.twins++;
    this.#seqOfTwin.set(twin, { seq, atMs: now });
  }

  #fail(message: string): void {
    this.#kernel.fault ??= new Broken(message);
  }
}

function broken(violation: Violation): Broken {
  return new Broken(`${violation.invariant}: ${violation.message}`, violation.story);
}
