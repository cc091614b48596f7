import { QtError } from '../base/index.ts';
import { CONSUMER_SLOTS_MAX } from './control.ts';
import { QT_BUS_SUBSCRIPTION_INVALID } from './errors.ts';
import type { Host } from './host.ts';
import { pendingOf, type Member } from './member.ts';
import { addMember, addSums, emptySums } from './stats.ts';
import type { Subscription } from './subscription.ts';

/** Every handler on every thread with its books; those of closed subscriptions until their last event has an outcome. */
export class Members {
  readonly #byId = new Map<number, Member>();
  readonly #freeSlots = new Map<Host, number[]>();
  readonly #usedSlots = new Map<Host, number>();
  readonly #closing = new Set<Member>();
  readonly #retired = emptySums();
  readonly #onRetire: (member: Member) => void;
  #nextId = 1;

  constructor(onRetire: (member: Member) => void) {
    this.#onRetire = onRetire;
  }

  get(id: number): Member | undefined {
    return this.#byId.get(id);
  }

  all(): IterableIterator<Member> {
    return this.#byId.values();
  }

  /** @throws QtError QT_BUS_SUBSCRIPTION_INVALID when the host has no slot left */
  add(subscription: Subscription, host: Host): Member {
    const member: Member = {
      id: this.#nextId++,
      subscription,
      host,
      slot: this.#takeSlot(host),
      dispatched: 0,
      deadLettered: 0,
      dropped: 0,
      errors: 0,
      retried: 0,
    };
    this.#byId.set(member.id, member);
    subscription.members.push(member);
    return member;
  }

  /** The subscription is closed: its members leave as soon as they owe nothing. */
  close(subscription: Subscription): void {
    for (const member of subscription.members) this.#closing.add(member);
    this.sweep();
  }

  /** True if members of closed subscriptions of this group still owe an outcome. */
  isFinishing(group: string): boolean {
    this.sweep();
    for (const { subscription } of this.#closing) if (subscription.group === group) return true;
    return false;
  }

  /** Lets members leave that owe nothing any more. */
  sweep(): void {
    for (const member of this.#closing) {
      if (pendingOf(member) > 0) continue;
      // A host counts a success after it has reported it: the reports are there, and nobody could place them afterwards.
      member.host.readReplies();
      if (pendingOf(member) <= 0) this.#retire(member);
    }
  }

  sums(): ReturnType<typeof emptySums> {
    const sums = emptySums();
    for (const member of this.#byId.values()) addMember(sums, member);
    const members = sums.members;
    addSums(sums, this.#retired);
    sums.members = members;
    return sums;
  }

  pending(): number {
    let pending = 0;
    for (const member of this.#byId.values()) pending += pendingOf(member);
    return pending;
  }

  #retire(member: Member): void {
    this.#closing.delete(member);
    addMember(this.#retired, member);
    this.#byId.delete(member.id);
    const { counters } = member.host.control;
    counters[member.slot * 2] = 0;
    counters[member.slot * 2 + 1] = 0;
    const free = this.#freeSlots.get(member.host);
    if (free === undefined) this.#freeSlots.set(member.host, [member.slot]);
    else free.push(member.slot);
    this.#onRetire(member);
  }

  #takeSlot(host: Host): number {
    const free = this.#freeSlots.get(host)?.pop();
    if (free !== undefined) return free;
    const used = this.#usedSlots.get(host) ?? 0;
    if (used >= CONSUMER_SLOTS_MAX) {
      throw new QtError(QT_BUS_SUBSCRIPTION_INVALID, `Cannot subscribe more than ${CONSUMER_SLOTS_MAX} handlers on one thread`);
    }
    this.#usedSlots.set(host, used + 1);
    return used;
  }
}
