import { createPrng, type Clock, type ErrorRecord, type Logger } from '../base/index.ts';
import { ATTEMPT, FLAG_NO_KEY, FLAG_RELEASE, FLAG_RETRY, FLAGS, KEY_HASH, SEQ } from '../codec/index.ts';
import type { DeadLetterEntry, DeadLetterReason, DeadLetterStore } from './dead-letters.ts';
import { QT_BUS_OVERFLOW, QT_GROUP_DEGRADED, QT_HANDLER_CRASHED, QT_HANDLER_HUNG } from './errors.ts';
import type { Scheduler } from './environment.ts';
import type { Member } from './member.ts';
import type { ResolvedRetry } from './options.ts';
import { nameOf, Suspects, type Suspect } from './suspects.ts';
import { RetrySchedule } from './retry-schedule.ts';

/** How the main thread reaches a member again. */
export interface Redelivery {
  /** Sends a frame to one member; never refused. */
  send(member: Member, frame: Buffer): void;
  /** Tells the member's host that a key is free again; false if that cannot be said right now. */
  unblock(member: Member, keyHash: number, handedBack: number): boolean;
  /** The frame with one failure more in its history. */
  note(frame: Buffer, attempt: number, error: ErrorRecord): Buffer;
  /** The event has its outcome, a bad one; false if nobody needs to see its dead letter. */
  buried(member: Member, seq: number): boolean;
  /** `<run id>-<seq>` and the type, for a dead letter. */
  describe(frame: Buffer): { readonly id: string; readonly type: string };
  /** A dead letter was kept under this id. */
  lettered(entry: DeadLetterEntry, id: string): void;
}

interface BlockedKey {
  readonly member: Member;
  readonly keyHash: number;
  /** Later events of the key, oldest first. */
  readonly parked: Buffer[];
  /** How many the host has handed back since it blocks the key, as far as we have heard. */
  handedBack: number;
}

interface Outstanding {
  readonly member: Member;
  readonly seq: number;
  /** Of the key that waits for the outcome, -1 for none. */
  readonly keyHash: number;
}

interface Retry {
  readonly member: Member;
  readonly frame: Buffer;
}

/**
 * Settles what handlers could not finish: retries with back-off, holding back the later events of the same key, and
 * dead letters. Main thread only.
 *
 *   fail -> block key -> wait -> RETRY frame -> done -> parked frames one by one (RELEASE) -> unblock
 *
 * The host that reported the failure blocks the key on its side at the same moment, and hands back what it meets of it;
 * so nothing of the key overtakes the retry, wherever it was when the failure happened. Later events of the key still go
 * to its ring: kept here they would overtake those that lie there already. And the key is free only when the host has
 * handed back no more than we have heard of, or what is on its way would come after what lies in the ring.
 */
export class Delivery {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #redelivery: Redelivery;
  readonly #deadLetters: DeadLetterStore;
  readonly #retries: RetrySchedule<Retry>;
  readonly #prng = createPrng('engine:retry-jitter');
  readonly #retriesMax: number;
  readonly #blocked = new Map<number, BlockedKey>();
  /** Frames sent again whose outcome must come back, by `consumer:seq`. */
  readonly #outstanding = new Map<string, Outstanding>();
  readonly #suspects = new Suspects(({ member, frame }) => this.#resend(member, frame, FLAG_RETRY));
  #unblocks: BlockedKey[] = [];

  constructor(
    clock: Clock,
    scheduler: Scheduler,
    logger: Logger,
    deadLetters: DeadLetterStore,
    retriesMax: number,
    redelivery: Redelivery,
  ) {
    this.#retriesMax = retriesMax;
    this.#clock = clock;
    this.#logger = logger;
    this.#deadLetters = deadLetters;
    this.#redelivery = redelivery;
    this.#retries = new RetrySchedule(clock, scheduler, (retry) => this.#resend(retry.member, retry.frame, FLAG_RETRY));
  }

  /** Retries waiting for their time, parked events, and sent ones without an outcome. */
  get unfinished(): number {
    let parked = 0;
    for (const key of this.#blocked.values()) parked += key.parked.length;
    return this.#retries.length + this.#outstanding.size + this.#suspects.length + parked + this.#unblocks.length;
  }

  get retriesWaiting(): number {
    return this.#retries.length;
  }

  /** Keys that a successor thread of this host must hold back from its start. */
  blockedOf(host: number): (readonly [number, number, number])[] {
    return [...this.#blocked.values()]
      .filter((key) => key.member.host.index === host)
      .map((key) => [key.member.id, key.keyHash, key.handedBack] as const);
  }

  /** An event of a blocked key, handed back by its host as the `handedBack`-th one. */
  park(member: Member, frame: Buffer, handedBack: number): void {
    const keyHash = frame.readUInt32LE(KEY_HASH);
    const key = this.#blocked.get(blockKey(member, keyHash));
    if (key !== undefined) {
      key.handedBack = handedBack;
      key.parked.push(frame);
      return;
    }
    // We said "free" while this was on its way. The host sees from the count that we had not heard of it, and goes on
    // holding the key back.
    this.#blocked.set(blockKey(member, keyHash), { member, keyHash, parked: [], handedBack });
    this.#resend(member, frame, FLAG_RELEASE);
  }

  /**
   * A thread died with several asynchronous runs under way. The one that ran alone is to blame, if there is one; the
   * others are sent again one at a time.
   */
  accuse(host: number, suspects: readonly Suspect[], error: ErrorRecord): void {
    for (const suspect of suspects) {
      const { member, frame, seq, attempt } = suspect;
      if (suspects.length === 1 || this.#suspects.isCurrent(host, nameOf(member, seq))) {
        this.fail(member, frame, attempt, error, false);
        continue;
      }
      this.#outstanding.delete(nameOf(member, seq));
      frame.writeUInt8(frame.readUInt8(FLAGS) & ~(FLAG_RETRY | FLAG_RELEASE), FLAGS);
      this.#hold(member, this.#keyOf(member, frame));
      this.#suspects.add(host, suspect);
    }
    this.#suspects.next(host);
  }

  /** A frame that had been sent again was handled. */
  done(member: Member, seq: number): void {
    const name = nameOf(member, seq);
    const outstanding = this.#outstanding.get(name);
    if (outstanding === undefined) return;
    this.#outstanding.delete(name);
    this.#suspects.clear(member.host.index, name);
    if (outstanding.keyHash >= 0) this.#next(member, outstanding.keyHash);
  }

  fail(member: Member, failed: Buffer, attempt: number, error: ErrorRecord, isFinal: boolean): void {
    member.errors++;
    const frame = this.#redelivery.note(failed, attempt, error);
    const { retry } = member.subscription;
    const flags = frame.readUInt8(FLAGS);
    const keyHash = this.#keyOf(member, frame);
    const name = nameOf(member, frame.readDoubleLE(SEQ));
    this.#outstanding.delete(name);
    frame.writeUInt8(flags & ~(FLAG_RETRY | FLAG_RELEASE), FLAGS);
    this.#hold(member, keyHash);
    const isCrash = error.code === QT_HANDLER_CRASHED;
    const isPoison = isCrash || error.code === QT_HANDLER_HUNG;
    const isOver = this.#retries.length >= this.#retriesMax;
    if (isFinal || attempt > retry.maxRetries || isOver) {
      const refusal = error.code === QT_GROUP_DEGRADED ? 'DEGRADED' : 'REJECTED';
      const reason = isFinal ? refusal : attempt <= retry.maxRetries ? 'OVERFLOW' : isPoison ? 'POISON' : 'RETRIES_EXHAUSTED';
      this.#bury(member, frame, attempt, error, reason);
      this.#suspects.clear(member.host.index, name);
      if (keyHash >= 0) this.#next(member, keyHash);
      return;
    }
    member.retried++;
    frame.writeUInt16LE(attempt + 1, ATTEMPT);
    this.#logger.warn({ group: member.subscription.group, attempt, code: error.code, error: error.message }, 'handler failed, will retry');
    // Who killed its thread goes on alone; who only failed is no suspect any more.
    if (isCrash) this.#suspects.isolate(member.host.index, name);
    else this.#suspects.clear(member.host.index, name);
    // A crash costs its thread's start already: no further delay.
    const delayMs = isCrash ? 0 : this.#delayFor(retry, attempt);
    if (delayMs === 0) this.#resend(member, frame, FLAG_RETRY);
    else this.#retries.add(delayMs, { member, frame });
  }

  /** Hash of the key that has to wait while this event is tried again; -1 for none. */
  #keyOf(member: Member, frame: Buffer): number {
    return (frame.readUInt8(FLAGS) & FLAG_NO_KEY) === 0 && member.subscription.ordered ? frame.readUInt32LE(KEY_HASH) : -1;
  }

  #hold(member: Member, keyHash: number): void {
    if (keyHash < 0 || this.#blocked.has(blockKey(member, keyHash))) return;
    this.#blocked.set(blockKey(member, keyHash), { member, keyHash, parked: [], handedBack: 0 });
  }

  /** Never shorter than the schedule: jitter only adds. */
  #delayFor(retry: ResolvedRetry, attempt: number): number {
    const delayMs = retry.backoffMs[Math.min(attempt, retry.backoffMs.length) - 1] ?? 0;
    return retry.jitterRatio === 0 ? delayMs : delayMs * (1 + retry.jitterRatio * this.#prng.next());
  }

  /** A dead letter gets another chance, from attempt 1, after what waits for its key. */
  redrive(member: Member, frame: Buffer): void {
    frame.writeUInt16LE(1, ATTEMPT);
    const isKeyed = (frame.readUInt8(FLAGS) & FLAG_NO_KEY) === 0;
    const key = isKeyed ? this.#blocked.get(blockKey(member, frame.readUInt32LE(KEY_HASH))) : undefined;
    if (key !== undefined) key.parked.push(frame);
    else this.#redelivery.send(member, frame);
  }

  /** A delivery that cannot be made, because nobody could read it. */
  refuse(member: Member, frame: Buffer, error: ErrorRecord): void {
    member.errors++;
    this.#bury(member, frame, 0, error, 'REJECTED');
  }

  /** An event that the bus made itself and has no room for. */
  overflowed(member: Member, frame: Buffer): void {
    this.#bury(
      member,
      frame,
      0,
      { name: 'QtError', code: QT_BUS_OVERFLOW, message: 'derived events piled up beyond overflowBytesMax' },
      'OVERFLOW',
    );
  }

  /**
   * The member's thread died and another member stands in for it: forgets what is not owed any more. A key of which
   * something is still owed stays as it is.
   *
   * @returns deliveries taken off
   */
  abandon(member: Member, isOwed: (seq: number) => boolean): number {
    const keep = new Set<number>();
    for (const key of this.#blocked.values()) {
      if (key.member === member && key.parked.some((frame) => isOwed(frame.readDoubleLE(SEQ)))) keep.add(key.keyHash);
    }
    let taken = this.#retries.remove(({ member: owner, frame }) => {
      return owner === member && !isOwed(frame.readDoubleLE(SEQ)) && !keep.has(frame.readUInt32LE(KEY_HASH));
    });
    taken += this.#suspects.remove(({ member: owner, frame, seq }) => {
      return owner === member && !isOwed(seq) && !keep.has(frame.readUInt32LE(KEY_HASH));
    });
    for (const [name, key] of this.#blocked) {
      if (key.member !== member || keep.has(key.keyHash)) continue;
      taken += key.parked.length;
      this.#blocked.delete(name);
    }
    this.#unblocks = this.#unblocks.filter((key) => this.#blocked.has(blockKey(key.member, key.keyHash)));
    return taken;
  }

  /** A delivery that had been sent again is not owed any more. */
  forget(member: Member, seq: number): void {
    this.#outstanding.delete(nameOf(member, seq));
  }

  /** Visits every delivery that waits here, or was sent again from here and has no outcome yet. */
  visitOwed(visit: (member: Member, seq: number) => void): void {
    this.#retries.visit(({ member, frame }) => visit(member, frame.readDoubleLE(SEQ)));
    this.#suspects.visit(({ member, seq }) => visit(member, seq));
    for (const { member, seq } of this.#outstanding.values()) visit(member, seq);
    for (const { member, parked } of this.#blocked.values()) for (const frame of parked) visit(member, frame.readDoubleLE(SEQ));
  }

  /** Says what could not be said before. */
  flush(): void {
    if (this.#unblocks.length === 0) return;
    for (const key of this.#unblocks.splice(0)) this.#unblock(key);
  }

  close(): void {
    this.#retries.close();
  }

  /** A blocked key goes on: its next parked event, or freedom. */
  #next(member: Member, keyHash: number): void {
    const key = this.#blocked.get(blockKey(member, keyHash));
    if (key === undefined) return;
    const frame = key.parked.shift();
    if (frame !== undefined) this.#resend(member, frame, FLAG_RELEASE);
    else this.#unblock(key);
  }

  #unblock(key: BlockedKey): void {
    if (key.parked.length > 0) return this.#next(key.member, key.keyHash);
    if (this.#redelivery.unblock(key.member, key.keyHash, key.handedBack)) this.#blocked.delete(blockKey(key.member, key.keyHash));
    else this.#unblocks.push(key);
  }

  #resend(member: Member, frame: Buffer, flag: number): void {
    frame.writeUInt8(frame.readUInt8(FLAGS) | flag, FLAGS);
    const seq = frame.readDoubleLE(SEQ);
    this.#outstanding.set(nameOf(member, seq), { member, seq, keyHash: this.#keyOf(member, frame) });
    this.#redelivery.send(member, frame);
  }

  #bury(member: Member, frame: Buffer, attempts: number, error: ErrorRecord, reason: DeadLetterReason): void {
    member.deadLettered++;
    if (!this.#redelivery.buried(member, frame.readDoubleLE(SEQ))) return;
    const { id, type } = this.#redelivery.describe(frame);
    const { group } = member.subscription;
    const letter = { id: `${id}/${group}`, type, group, reason, error, attempts, deadAtUs: this.#clock.nowUs() };
    const entry = { member, frame, letter };
    this.#redelivery.lettered(entry, this.#deadLetters.add(entry));
    this.#logger.error({ id, type, group, reason, attempts, code: error.code, error: error.message }, 'event dead-lettered');
  }
}

function blockKey(member: Member, keyHash: number): number {
  return member.id * 4_294_967_296 + keyHash;
}
