import type { Member } from './member.ts';
import type { Subscription } from './subscription.ts';

/** A group whose position is kept in the log. */
export class DurableGroup {
  readonly name: string;
  readonly subscriptions: Subscription[] = [];
  /** Everything up to this seq has its outcome. */
  position: number;
  /** While it catches up: everything up to this seq has been sent to it, or is not for it. */
  sentTo: number;
  /** It gets events as they are committed. */
  isLive = false;
  /** Its last subscription is gone. */
  isClosed = false;

  constructor(name: string, position: number) {
    this.name = name;
    this.position = position;
    this.sentTo = position;
  }

  matches(type: string): boolean {
    return this.subscriptions.some((subscription) => subscription.matches(type));
  }

  /** Who must have an event: the same members that the router picks. */
  membersFor(type: string, keyHash: number): Member[] {
    const shared: Member[] = [];
    const chosen: Member[] = [];
    for (const subscription of this.subscriptions) {
      if (!subscription.matches(type)) continue;
      if (subscription.broadcast || subscription.failover) chosen.push(...subscription.members);
      else shared.push(...subscription.members);
    }
    if (shared.length > 0) chosen.push(shared[keyHash % shared.length]!);
    return chosen;
  }
}
