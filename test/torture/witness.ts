import { HistoryChecker, type GroupCounters, type Violation } from '../support/history/index.ts';
import { LogReader, OUTCOMES, type LogRecord } from './log.ts';
import { DEADLY, DERIVED_WANTED_BY, FAULTS, faultOf, GROUP_RULES, GROUPS, HANGING, wantedBy, type Fault } from './plan.ts';

/** Derived events travel in the lane of their definition. */
const NORMAL_LANE = 2;

interface Carrier {
  readonly fault: Fault;
  /** When its thread was about to die, by group and attempt. */
  dyingMs: number;
}

/** Reads the log of a tortured process, tells the checker, and adds up what a report shows. */
export class Witness {
  readonly checker = new HistoryChecker(GROUP_RULES);
  /** How often each fault really happened. */
  readonly injected = new Map<Fault, number>();
  /** From a thread's last line to the next start of its event, in ms. */
  readonly redeliveryMs: number[] = [];
  /** Runs given up by time although nothing in them hung. */
  falseTimeouts = 0;
  /** Threads that said they would die. */
  deathsPlanned = 0;
  accepted = 0;
  derived = 0;
  started = 0;
  readonly #reader: LogReader;
  readonly #carriers = new Map<number, Carrier>();
  #lateFrom = Infinity;

  constructor(logPath: string) {
    this.#reader = new LogReader(logPath);
  }

  /** Reads on. */
  read(): void {
    this.#reader.read((record) => this.#take(record));
  }

  /** Reads to the end and compares; everything is quiet. */
  settle(counters: Readonly<Record<string, GroupCounters>>): Violation | null {
    this.read();
    this.#carriers.clear();
    return this.checker.settle(counters);
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#reader.position;
  }

  rewind(): void {
    this.#reader.rewind();
  }

  close(): void {
    this.#reader.close();
  }

  count(fault: Fault, times = 1): void {
    this.injected.set(fault, (this.injected.get(fault) ?? 0) + times);
  }

  #take(record: LogRecord): void {
    const { checker } = this;
    const { id, attempt, worker } = record;
    const group = GROUPS[record.group]!;
    switch (record.kind) {
      case 'accepted': {
        this.accepted++;
        const fault = faultOf(record.c);
        if (fault !== undefined && !this.#carriers.has(id)) this.#carriers.set(id, { fault, dyingMs: 0 });
        if (fault !== undefined && !DEADLY.has(fault)) this.count(fault);
        const groups = wantedBy(record.c);
        checker.record({ kind: 'accepted', id, key: record.a, lane: record.b, groups: this.#withLate(id, groups) });
        return;
      }
      case 'derived': {
        this.derived++;
        const cause = { id: record.c, group, index: attempt };
        const groups = this.#withLate(id, DERIVED_WANTED_BY);
        checker.record({ kind: 'accepted', id, key: record.a, lane: NORMAL_LANE, groups, cause });
        return;
      }
      case 'started': {
        this.started++;
        const carrier = this.#carriers.get(id);
        if (carrier !== undefined && carrier.dyingMs > 0 && attempt > 1) {
          this.redeliveryMs.push(record.ms - carrier.dyingMs);
          carrier.dyingMs = 0;
        }
        checker.record({ kind: 'started', id, group, attempt, worker });
        return;
      }
      case 'ended': {
        const outcome = OUTCOMES[record.a]!;
        const fault = this.#carriers.get(id)?.fault;
        if (outcome === 'timeout' && (fault === undefined || !HANGING.has(fault))) this.falseTimeouts++;
        checker.record({ kind: 'ended', id, group, attempt, worker, outcome, emitted: record.b });
        return;
      }
      case 'dying': {
        const fault = FAULTS[record.a]!;
        this.deathsPlanned++;
        this.count(fault);
        // A loop is found only after its time limit, and an unhandled rejection fails nobody: they say nothing here.
        if (fault !== 'loop' && fault !== 'async-loop' && fault !== 'oom' && fault !== 'unhandled')
          this.#carriers.set(id, { fault, dyingMs: record.ms });
        return;
      }
      case 'alive':
        return checker.record({ kind: 'alive', worker });
      case 'dead':
        return checker.record({ kind: 'deadLettered', id, group, reason: `after ${attempt} attempts` });
      case 'redriven':
        return checker.record({ kind: 'redriven', id, group });
      case 'late':
        this.#lateFrom = id;
        return;
    }
  }

  #withLate(id: number, groups: readonly string[]): readonly string[] {
    return id > this.#lateFrom ? [...groups, 'late'] : groups;
  }
}
