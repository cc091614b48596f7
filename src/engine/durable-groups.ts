import { QtError, toErrorRecord, type ErrorRecord, type Logger } from '../base/index.ts';
import { CatchUp } from './catch-up.ts';
import type { Dispatcher } from './dispatcher.ts';
import { DurableGroup } from './durable-group.ts';
import type { Scheduler, Timer } from './environment.ts';
import { QT_BUS_SUBSCRIPTION_INVALID } from './errors.ts';
import type { EventLog } from './event-log.ts';
import type { GroupProgress } from './group-progress.ts';
import type { Member } from './member.ts';
import type { RecordedFrames } from './recorded-frames.ts';
import type { Subscription } from './subscription.ts';

/** How often positions are looked at: what a crash costs in repeats, against a look at the rings of busy groups. */
const LOOK_MS = 100;

export interface DurableGroupsParts {
  readonly log: EventLog;
  readonly dispatcher: Dispatcher;
  readonly progress: GroupProgress;
  readonly frames: RecordedFrames;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** Called with each look, before positions are taken: what must be in the log by then is committed here. */
  readonly beforeLook: () => void;
  readonly refuse: (member: Member, frame: Buffer, error: ErrorRecord) => void;
  readonly goLive: (subscription: Subscription) => void;
  /** True while handlers of the group that have unsubscribed still owe an outcome: the log would give them the same again. */
  readonly isFinishing: (group: string) => boolean;
  /** A group has become live; somebody may wait for that. */
  readonly onChange: () => void;
}

/** A durable group, as statistics show it. */
export interface DurableGroupStats {
  /** Everything up to this seq has its outcome. */
  readonly position: number;
  /** Events of the log after the position, whoever they are for. */
  readonly lag: number;
  /** False while it still reads the log. */
  readonly isLive: boolean;
}

/**
 * The groups that continue after a restart where they had acknowledged. Their positions are found from time to time, and
 * stored only when everything that handlers published up to there is durable too: a position never promises an outcome
 * that a crash could take back.
 */
export class DurableGroups {
  readonly #parts: DurableGroupsParts;
  readonly #groups = new Map<string, DurableGroup>();
  #waiters: (() => void)[] = [];
  #timer: Timer | null = null;
  #isStarted = false;
  #catchingUp = 0;

  constructor(parts: DurableGroupsParts) {
    this.#parts = parts;
  }

  /** True while some group reads the log. */
  get isCatchingUp(): boolean {
    return this.#catchingUp > 0;
  }

  /**
   * Takes a subscription; `goLive` says when it gets events.
   *
   * @throws QtError QT_BUS_SUBSCRIPTION_INVALID, and those of the log when the place to start at cannot be found
   */
  add(subscription: Subscription): void {
    const known = this.#groups.get(subscription.group);
    if (known !== undefined) {
      if (this.#isStarted && !known.isLive) {
        const message = `Cannot add to the durable group ${known.name}: it is catching up, and would have missed events; add before "start"`;
        throw new QtError(QT_BUS_SUBSCRIPTION_INVALID, message);
      }
      known.subscriptions.push(subscription);
      if (known.isLive) this.#parts.goLive(subscription);
      return;
    }
    if (this.#parts.isFinishing(subscription.group)) {
      const message = `Cannot subscribe the durable group ${subscription.group} again yet: its former handlers are not finished; drain first`;
      throw new QtError(QT_BUS_SUBSCRIPTION_INVALID, message);
    }
    const group = new DurableGroup(subscription.group, this.#startOf(subscription));
    group.subscriptions.push(subscription);
    this.#groups.set(group.name, group);
    this.#store(group);
    if (!this.#isStarted) return;
    this.#parts.log.durable!.positions.flush();
    this.#begin(group);
  }

  /** A subscription is gone; with the last one its group stays where it is until it comes back. */
  remove(subscription: Subscription): void {
    const group = this.#groups.get(subscription.group);
    if (group === undefined) return;
    this.look();
    group.subscriptions.splice(group.subscriptions.indexOf(subscription), 1);
    if (group.subscriptions.length > 0) return;
    group.isClosed = true;
    this.#groups.delete(group.name);
    this.progress();
  }

  /** Groups begin to catch up, and positions are kept from here on. */
  start(): void {
    this.#isStarted = true;
    // A group that is new begins here, also if the process dies before the first look.
    this.#parts.log.durable!.positions.flush();
    for (const group of this.#groups.values()) this.#begin(group);
    this.#timer = this.#parts.scheduler.every(LOOK_MS, () => this.look());
  }

  /** There may be room. */
  progress(): void {
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resume of waiters) resume();
  }

  /** Finds the positions, and stores them once what they stand on is durable. */
  look(): void {
    const { beforeLook, dispatcher, log, progress } = this.#parts;
    const upTo = dispatcher.seq;
    const owed = progress.oldestOwed();
    beforeLook();
    if (log.failure !== null) return;
    const moved: DurableGroup[] = [];
    for (const group of this.#groups.values()) {
      const reached = Math.min(group.isLive ? upTo : group.sentTo, (owed.get(group.name) ?? Infinity) - 1);
      // A redriven event is old: it does not take back what was acknowledged since.
      if (reached <= group.position) continue;
      group.position = reached;
      moved.push(group);
    }
    if (moved.length > 0) this.#storeWhenDurable(moved.map((group) => [group.name, group.position]));
  }

  /** The last look of a bus; resolves when the positions are in their file. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.endCatchUps();
    this.look();
    const { log } = this.#parts;
    if (log.failure !== null) return;
    await log.whenDurable(this.#parts.dispatcher.seq).catch(() => {});
    if (log.failure !== null) return;
    for (const group of this.#groups.values()) this.#store(group);
    log.durable!.positions.flush();
  }

  /** Groups stop reading the log; they go on there after the next start. */
  endCatchUps(): void {
    for (const group of this.#groups.values()) if (!group.isLive) group.isClosed = true;
    this.progress();
  }

  stats(): Record<string, DurableGroupStats> {
    const { seq } = this.#parts.dispatcher;
    const all = [...this.#groups.values()];
    return Object.fromEntries(all.map(({ isLive, name, position }) => [name, { position, lag: seq - position, isLive }]));
  }

  #begin(group: DurableGroup): void {
    const { dispatcher, logger } = this.#parts;
    if (group.sentTo === dispatcher.seq) {
      this.#live(group);
      return;
    }
    this.#catchingUp++;
    const { frames, log, refuse, scheduler } = this.#parts;
    const room = (): Promise<void> => new Promise((resolve) => this.#waiters.push(resolve));
    const catchUp = new CatchUp({ log, dispatcher, frames, scheduler, room, refuse, goLive: (caught) => this.#live(caught) }, group);
    catchUp
      .run()
      .catch((error: unknown) => {
        const { name, position } = group;
        logger.error({ group: name, position, error: toErrorRecord(error).message }, 'a durable group cannot catch up');
      })
      .finally(() => {
        this.#catchingUp--;
        this.#parts.onChange();
      });
  }

  #live(group: DurableGroup): void {
    group.sentTo = this.#parts.dispatcher.seq;
    group.isLive = true;
    for (const subscription of group.subscriptions) this.#parts.goLive(subscription);
  }

  #startOf({ from, group }: Subscription): number {
    const { dispatcher, log } = this.#parts;
    const { open, positions } = log.durable!;
    if (positions.has(group)) return positions.get(group);
    if (from === 'latest') return dispatcher.seq;
    if (from === 'earliest') return 0;
    if ('seq' in from) return Math.min(Math.max(0, from.seq - 1), dispatcher.seq);
    const reader = open({ fromTimeUs: from.timeUs });
    try {
      let first = 0;
      reader.readBatch((_views, _index, _length, seq) => {
        if (first === 0) first = seq;
      });
      return first === 0 ? dispatcher.seq : first - 1;
    } finally {
      reader.close();
    }
  }

  #storeWhenDurable(reached: readonly (readonly [name: string, position: number])[]): void {
    const { dispatcher, log, logger } = this.#parts;
    log.whenDurable(dispatcher.seq).then(
      () => {
        for (const [name, position] of reached) log.durable!.positions.set(name, position);
      },
      (error: unknown) => logger.error({ error: toErrorRecord(error).message }, 'positions of durable groups are not stored'),
    );
  }

  #store({ name, position }: DurableGroup): void {
    this.#parts.log.durable!.positions.set(name, position);
  }
}
