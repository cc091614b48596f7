import type { Delivery } from './delivery.ts';
import type { Host } from './host.ts';
import type { Members } from './members.ts';
import { pendingOf, type Member } from './member.ts';
import type { Router } from './router.ts';

export interface GroupProgressParts {
  readonly hosts: readonly Host[];
  readonly members: Members;
  readonly router: Router;
  readonly delivery: Delivery;
}

/**
 * Finds how far the durable groups have come, from what is there anyway: nothing is counted per event.
 *
 * A delivery without an outcome is in a ring or its overflow, taken out of it by a handler of the main thread, on its way
 * back in the replies, or with `Delivery`. It is looked for in that order, which is the one in which it moves, so it
 * cannot slip by; what `Delivery` has sent into a ring meanwhile, it still names.
 */
export class GroupProgress {
  readonly #parts: GroupProgressParts;
  readonly #oldest = new Map<string, number>();

  constructor(parts: GroupProgressParts) {
    this.#parts = parts;
  }

  /** The oldest seq that each durable group still owes an outcome for; a group that owes nothing is not in it. */
  oldestOwed(): ReadonlyMap<string, number> {
    const { delivery, hosts, members } = this.#parts;
    this.#oldest.clear();
    const busy = new Set<Host>();
    for (const member of members.all()) if (member.subscription.durable && pendingOf(member) > 0) busy.add(member.host);
    for (const host of busy) {
      for (const outlet of host.outlets) outlet.visitOwed((seq, route, targets) => this.#noteAll(seq, route, targets));
      host.visitTaken((consumer, seq) => this.#note(members.get(consumer), seq));
    }
    // A host counts after it has reported: what is not pending any more has all that it published here.
    for (const host of hosts) host.readReplies();
    if (busy.size > 0) delivery.visitOwed((member, seq) => this.#note(member, seq));
    return this.#oldest;
  }

  #noteAll(seq: number, route: number, targets: number): void {
    const page = this.#parts.router.page(route);
    for (let rest = targets; rest !== 0; rest &= rest - 1) this.#note(page?.members[31 - Math.clz32(rest & -rest)], seq);
  }

  #note(member: Member | undefined, seq: number): void {
    if (member === undefined || !member.subscription.durable) return;
    const { group } = member.subscription;
    if (seq < (this.#oldest.get(group) ?? Infinity)) this.#oldest.set(group, seq);
  }
}
