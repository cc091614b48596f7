import type { Logger } from '../base/index.ts';
import type { Scheduler, Timer } from './environment.ts';
import { acknowledgedOf, type Member } from './member.ts';
import type { Subscription } from './subscription.ts';

interface Trail {
  crashesInRow: number;
  acknowledgedAtCrash: number;
}

/**
 * Takes a group out of service whose handlers do nothing but kill their threads: replacing threads for ever would starve
 * the groups that share them. It opens after two events in a row were given up as poison with no success in between;
 * while it is open the group's events go to the dead letters at once, from where they can be sent again. After the
 * cool-down the group gets its next event as a trial.
 */
export class Breaker {
  readonly #coolDownMs: number;
  readonly #logger: Logger;
  /** Told to take a subscription out of service, or back in. */
  readonly #onChange: (subscription: Subscription) => void;
  readonly #trails = new Map<Member, Trail>();
  /** Members that the latest death counts for already. */
  readonly #blamed = new Set<Member>();
  readonly #scheduler: Scheduler;
  readonly #timers = new Map<Subscription, Timer>();

  constructor(coolDownMs: number, scheduler: Scheduler, logger: Logger, onChange: (subscription: Subscription) => void) {
    this.#coolDownMs = coolDownMs;
    this.#scheduler = scheduler;
    this.#logger = logger;
    this.#onChange = onChange;
  }

  /** A thread has died; what is blamed for it comes next. */
  died(): void {
    this.#blamed.clear();
  }

  /** A member's handler has killed or blocked its thread. Several events of one member may be blamed for one death. */
  crashed(member: Member): void {
    if (this.#blamed.has(member)) return;
    this.#blamed.add(member);
    const { subscription } = member;
    const acknowledged = acknowledgedOf(member);
    const trail = this.#trails.get(member);
    const crashesInRow = trail !== undefined && trail.acknowledgedAtCrash === acknowledged ? trail.crashesInRow + 1 : 1;
    this.#trails.set(member, { crashesInRow, acknowledgedAtCrash: acknowledged });
    const limit = 2 * (subscription.retry.maxRetries + 1);
    if (subscription.isDegraded || crashesInRow < limit) return;
    subscription.isDegraded = true;
    this.#logger.error(
      { group: subscription.group, crashesInRow, coolDownMs: this.#coolDownMs },
      'group degraded: its handlers only kill threads',
    );
    this.#onChange(subscription);
    this.#timers.set(
      subscription,
      this.#scheduler.after(this.#coolDownMs, () => this.#close(subscription), 'background'),
    );
  }

  forget(member: Member): void {
    this.#trails.delete(member);
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #close(subscription: Subscription): void {
    this.#timers.delete(subscription);
    subscription.isDegraded = false;
    // One more crash without a success opens it again.
    const crashesInRow = 2 * (subscription.retry.maxRetries + 1) - 1;
    for (const member of subscription.members) {
      if (this.#trails.has(member)) this.#trails.set(member, { crashesInRow, acknowledgedAtCrash: acknowledgedOf(member) });
    }
    this.#logger.warn({ group: subscription.group }, 'group back in service for a trial');
    this.#onChange(subscription);
  }
}
