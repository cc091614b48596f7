import { QtError, type Clock } from '../base/index.ts';
import { LANE, TIMESTAMP, type FrameEncoder } from '../codec/index.ts';
import { definitionOf, EventDraft, type EventInput } from '../event/index.ts';
import { DedupeWindow } from './dedupe-window.ts';
import { fullError, type Dispatcher } from './dispatcher.ts';
import type { Scheduler } from './environment.ts';
import { BUSY, FULL, LIMITED, type BatchReceipt, type PublishOptions, type Receipt } from './event-bus.ts';
import type { EventLog } from './event-log.ts';
import type { Intake } from './intake.ts';
import type { Lockstep } from './lockstep.ts';
import type { FullPolicy } from './options.ts';
import { WaitingPublishers } from './publishers.ts';
import { RateLimiter } from './rate-limiter.ts';
import { copyFrame } from './replies.ts';

/**
 * Publishing in a row stores the tail and looks at the sleeping word once per 32 events or once per tick, whichever comes
 * first: 32 because it takes most of the saving and adds less than 20 us for the first of them.
 */
const FLUSH_EVERY = 32;

export interface PublisherParts {
  readonly intake: Intake;
  readonly encoder: FrameEncoder;
  readonly dispatcher: Dispatcher;
  readonly lockstep: Lockstep | null;
  readonly log: EventLog | null;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly fullPolicy: FullPolicy;
  readonly dedupe: { readonly windowMs: number; readonly lengthMax: number } | null;
  /** Throws while nothing may be published. */
  readonly checkRunning: () => void;
  /** Takes what the workers have sent: that makes room. */
  readonly readReplies: () => void;
}

/**
 * Takes events from outside: duplicates and rate limits first, then the encoder, then the dispatcher, or a place in the
 * line while there is no room.
 */
export class Publisher {
  /** Events discarded by rate limits. */
  rateLimited = 0;
  readonly #parts: PublisherParts;
  readonly #waiting: WaitingPublishers;
  readonly #dedupe: DedupeWindow | null;
  /** Of ids that a first event with them still waits under. */
  readonly #publishing = new Map<string, Promise<Receipt>>();
  readonly #limiters = new Map<string, RateLimiter>();
  #flushScheduled = false;
  #unflushed = 0;

  constructor(parts: PublisherParts) {
    const { clock, dedupe, dispatcher } = parts;
    this.#parts = parts;
    this.#waiting = new WaitingPublishers((views, length) => dispatcher.commit(views, 0, length, 'wait'));
    this.#dedupe = dedupe === null ? null : new DedupeWindow(dedupe.windowMs, dedupe.lengthMax, clock);
  }

  /** Publishers in line for room. */
  get waiting(): number {
    return this.#waiting.length;
  }

  publish(event: EventInput, options: PublishOptions): Promise<Receipt> {
    if (this.#dedupe === null || event?.dedupeId === undefined) return this.#publish(event, options);
    return this.#publishOnce(this.#dedupe, event, event.dedupeId, options);
  }

  tryPublish(event: EventInput): number {
    const { checkRunning, lockstep } = this.#parts;
    checkRunning();
    if (lockstep !== null && lockstep.isBusy) return BUSY;
    const dedupeId = event?.dedupeId;
    if (this.#dedupe === null || dedupeId === undefined) return this.#tryPublish(event);
    const known = this.#dedupe.find(dedupeId);
    if (known > 0) return known;
    // The first one still waits for room, which this one would have to do as well.
    if (this.#publishing.has(dedupeId)) return FULL;
    const seq = this.#tryPublish(event);
    if (seq > 0) this.#dedupe.add(dedupeId, seq);
    return seq;
  }

  async publishBatch(events: readonly EventInput[]): Promise<BatchReceipt> {
    const { checkRunning, encoder, lockstep } = this.#parts;
    checkRunning();
    if (lockstep !== null) {
      const frames = events.map((event) => copyFrame(encoder.views.bytes, 0, this.#encode(event)));
      const seqs = await lockstep.submit(frames);
      const { level } = await this.#receipt(seqs.at(-1) ?? 0);
      return { count: seqs.length, firstSeq: seqs[0] ?? 0, lastSeq: seqs.at(-1) ?? 0, level };
    }
    let firstSeq = 0;
    let lastSeq = 0;
    let published = 0;
    for (const event of events) {
      try {
        let seq = this.tryPublish(event);
        if (seq < 0) seq = (await this.publish(event, {})).seq;
        lastSeq = seq;
        if (firstSeq === 0) firstSeq = seq;
        published++;
      } catch (error) {
        this.flush();
        if (error instanceof QtError)
          throw new QtError(error.code, error.message, { cause: error, details: { ...error.details, published } });
        throw error;
      }
    }
    this.flush();
    const { level } = await this.#receipt(lastSeq);
    return { count: published, firstSeq, lastSeq, level };
  }

  /** Commits an event of the engine itself, which is never refused; returns its seq. */
  commitOwn(draft: EventDraft<object>): number {
    const length = this.#encode(draft);
    const seq = this.#parts.dispatcher.commitOwn(this.#parts.encoder.views, 0, length);
    this.#flushSoon();
    return seq;
  }

  /** There may be room. */
  progress(): void {
    this.#waiting.progress();
  }

  /** Shows the hosts what was committed. */
  flush(): void {
    this.#unflushed = 0;
    this.#parts.dispatcher.flush();
  }

  /** The log takes nothing any more. */
  refuseWaiting(error: unknown): void {
    this.#waiting.rejectAll(error);
  }

  /** Turns everybody away who waits, for room or for a token. */
  close(error: unknown): void {
    this.#waiting.rejectAll(error);
    for (const limiter of this.#limiters.values()) limiter.rejectAll(error);
  }

  #publish(event: EventInput, options: PublishOptions): Promise<Receipt> {
    try {
      options.signal?.throwIfAborted();
      this.#parts.checkRunning();
      const limiter = this.#limiterOf(event);
      if (limiter !== null && !limiter.take()) {
        if (limiter.onLimit === 'delay') return this.#publishLater(limiter, event, options);
        this.rateLimited++;
        return Promise.resolve({ seq: 0, level: 'memory' });
      }
      return this.#accept(event, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Resolves when the event is as safe as this bus makes it. */
  #receipt(seq: number): Promise<Receipt> {
    const { log } = this.#parts;
    if (log === null || seq === 0) return Promise.resolve({ seq, level: 'memory' });
    return log.whenDurable(seq).then(() => ({ seq, level: log.level }));
  }

  /** What no limit holds back. */
  #accept(event: EventInput, options: PublishOptions): Promise<Receipt> {
    const { checkRunning, dispatcher, encoder, fullPolicy, lockstep } = this.#parts;
    try {
      checkRunning();
      const length = this.#encode(event);
      const { views } = encoder;
      if (lockstep !== null) return lockstep.submit([copyFrame(views.bytes, 0, length)]).then(([seq]) => this.#receipt(seq!));
      const lane = views.u8[LANE]!;
      if (this.#waiting.isEmpty(lane)) {
        const seq = dispatcher.commit(views, 0, length, fullPolicy);
        if (seq > 0) {
          this.#flushSoon();
          return this.#receipt(seq);
        }
        if (fullPolicy === 'reject') return Promise.reject(fullError(event.type));
      }
      return this.#waiting.wait(lane, copyFrame(views.bytes, 0, length), options.signal).then((seq) => this.#receipt(seq));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #tryPublish(event: EventInput): number {
    const limiter = this.#limiterOf(event);
    if (limiter !== null && !limiter.take()) return LIMITED;
    const { dispatcher, encoder, fullPolicy, lockstep } = this.#parts;
    const length = this.#encode(event);
    const { views } = encoder;
    if (lockstep !== null) {
      void lockstep.submit([copyFrame(views.bytes, 0, length)]);
      return dispatcher.seq;
    }
    if (!this.#waiting.isEmpty(views.u8[LANE]!)) return FULL;
    const seq = dispatcher.commit(views, 0, length, fullPolicy);
    if (seq < 0) {
      // What this thread has written must become visible, or nobody would ever make room.
      this.flush();
      this.#parts.readReplies();
      return FULL;
    }
    this.#flushSoon();
    return seq;
  }

  #encode(event: EventInput): number {
    const { encoder, intake } = this.#parts;
    const length = intake.encode(event);
    if (event.timestamp !== undefined) encoder.views.f64[TIMESTAMP >> 3] = event.timestamp;
    return length;
  }

  /** The token bucket of an event's type, if it has one. Most types have none, and a draft says so itself. */
  #limiterOf(event: EventInput): RateLimiter | null {
    // What is no event at all has no limit either; it is refused by the intake, with a code.
    const definition = event instanceof EventDraft ? event.definition : definitionOf(event?.type);
    const limit = definition?.rateLimit ?? null;
    if (limit === null) return null;
    const { clock, scheduler } = this.#parts;
    let limiter = this.#limiters.get(event.type);
    if (limiter === undefined) this.#limiters.set(event.type, (limiter = new RateLimiter(limit, clock, scheduler)));
    return limiter;
  }

  /** The second of two equal events gets the receipt of the first, also while the first still waits for room. */
  #publishOnce(window: DedupeWindow, event: EventInput, id: string, options: PublishOptions): Promise<Receipt> {
    const seq = window.find(id);
    if (seq > 0) return this.#receipt(seq).then((receipt) => ({ ...receipt, isDuplicate: true }));
    const first = this.#publishing.get(id);
    if (first !== undefined) return first.then((receipt) => ({ ...receipt, isDuplicate: true }));
    const publishing = this.#publish(event, options)
      .then((receipt) => {
        if (receipt.seq > 0) window.add(id, receipt.seq);
        return receipt;
      })
      .finally(() => this.#publishing.delete(id));
    this.#publishing.set(id, publishing);
    return publishing;
  }

  async #publishLater(limiter: RateLimiter, event: EventInput, options: PublishOptions): Promise<Receipt> {
    // Checked now, so that a bad event fails at once and not after its turn came.
    this.#encode(event);
    await limiter.wait(options.signal);
    return this.#accept(event, options);
  }

  #flushSoon(): void {
    if (++this.#unflushed >= FLUSH_EVERY) {
      this.flush();
      return;
    }
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    this.#parts.scheduler.soon(this.#flushTick);
  }

  readonly #flushTick = (): void => {
    this.#flushScheduled = false;
    this.flush();
  };
}
