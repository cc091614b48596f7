import type { Member } from './member.ts';

/**
 * A group with one active member and one standby on another thread. Both get every event and fold it into their state;
 * only what the active one publishes counts. What the standby publishes waits here until the active one has finished the
 * same event. When the active one dies, what it had not finished is taken from the standby, which owns the group from
 * then on: nothing is lost and nothing is published twice.
 *
 *   active   1 2 3 x                     finished 1 2 3
 *   standby  1 2 3 4 5                   kept: outputs of 4 and 5 -> published at the change; 6 is the standby's own
 *
 * A member whose thread died comes back with empty state and sees only later events. For what it has not seen the other
 * one is alone responsible, as a group without a standby is.
 */
export class Failover {
  active: Member;
  standby: Member;
  /** Takes over so far. */
  changes = 0;
  readonly #publish: (member: Member, frame: Buffer) => void;
  /** The last event that a member has not seen; 0 while its first thread lives. */
  readonly #unseen = new Map<Member, number>();
  /** Events that one of the two has finished and the other has not. */
  #doneByActive = new Set<number>();
  #doneByStandby = new Map<number, Buffer[]>();
  /** What the standby published for the event that it is about to report as done. */
  #kept: Buffer[] = [];

  constructor(active: Member, standby: Member, publish: (member: Member, frame: Buffer) => void) {
    this.active = active;
    this.standby = standby;
    this.#publish = publish;
  }

  /** True if the other member has not seen this event and cannot stand in for this one. */
  isAlone(member: Member, seq: number): boolean {
    const other = member === this.active ? this.standby : this.active;
    return seq <= (this.#unseen.get(other) ?? 0);
  }

  /** A member published something for the event `causeSeq`; the report of the event itself follows. */
  derived(member: Member, causeSeq: number, frame: Buffer): void {
    if (this.isAlone(member, causeSeq)) {
      // Unless a predecessor had finished it: then its outputs are out already.
      if (!this.#doneByActive.has(causeSeq)) this.#publish(member, frame);
    } else if (member === this.standby) this.#kept.push(frame);
    else if (!this.#doneByActive.has(causeSeq)) this.#publish(member, frame);
  }

  /** A member has finished an event, well or badly. */
  done(member: Member, seq: number): void {
    if (this.isAlone(member, seq)) {
      this.#doneByActive.delete(seq);
      return;
    }
    if (member === this.active) {
      // After a change the new active one also meets events that its predecessor had finished: those are settled.
      if (!this.#doneByActive.delete(seq) && !this.#doneByStandby.delete(seq)) this.#doneByActive.add(seq);
      return;
    }
    const kept = this.#kept;
    this.#kept = [];
    if (!this.#doneByActive.delete(seq)) this.#doneByStandby.set(seq, kept);
  }

  /**
   * A member's thread is gone, and so is its state. If it was the active one the other takes over with what was in flight.
   *
   * @param seq the last event committed so far: its next thread sees later ones only
   */
  died(member: Member, seq: number): void {
    this.#kept = [];
    this.#unseen.set(member, seq);
    if (member === this.standby) {
      this.#doneByActive.clear();
      this.#doneByStandby.clear();
      return;
    }
    this.changes++;
    this.active = this.standby;
    this.standby = member;
    const unpublished = [...this.#doneByStandby].toSorted(([a], [b]) => a - b);
    this.#doneByStandby.clear();
    // What the dead one had finished stays in `#doneByActive`: its successor must not publish it again.
    for (const [, frames] of unpublished) for (const frame of frames) this.#publish(this.active, frame);
  }
}
