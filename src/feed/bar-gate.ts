import { MarketFeedGap, MarketFeedRecovered, type MarketFeedGapPayload, type Timeframe } from '../model/index.ts';
import { Window } from '../quant/index.ts';
import { DATA_COLLECTOR, faultOf, isSameBar, openingTimeUs, toCandle, toOpeningTick, type Bar, type TimedEvent } from './bar.ts';
import type { FeedStatus } from './feed.ts';
import type { Session } from './session.ts';

export interface BarGateOptions {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly session: Session;
  /** A return beyond this, and beyond 10 deviations of the last 100, waits for the next bar to agree. */
  readonly quarantineRatio: number;
}

/** Told of every row that is left out; throws if the run is to stop there. `canStop` is false when the data ended anyway. */
export type FaultSink = (at: Pick<Bar, 'file' | 'line'>, reason: string, canStop: boolean) => void;

interface OpenGap {
  readonly fromUs: number;
  toUs: number;
  backfilled: number;
  lost: number;
}

const RETURNS = 100;
const DEVIATIONS = 10;
const RETURNS_MIN = 20;

/**
 * Judges the bars of one symbol in the order they come and turns the good ones into an opening tick and a candle.
 * The times of what it returns never fall. Every hole is a `market.feed.gap`, closed by `market.feed.recovered` right
 * after the next candle. A bar that jumps is held back until the next one agrees with it; then it is published late,
 * marked as backfilled, because nothing could know earlier that it was right.
 */
export class BarGate {
  readonly #options: BarGateOptions;
  readonly #status: FeedStatus;
  readonly #onFault: FaultSink;
  readonly #returns = new Window(RETURNS);
  /** The last bar that was published. */
  #last: Bar | null = null;
  /** A bar in quarantine, later than `#last`. */
  #held: Bar | null = null;
  #gap: OpenGap | null = null;
  #timeUs = -1;
  #out: TimedEvent[] = [];

  constructor(options: BarGateOptions, status: FeedStatus, onFault: FaultSink) {
    this.#options = options;
    this.#status = status;
    this.#onFault = onFault;
  }

  /** @throws whatever the fault sink throws */
  accept(bar: Bar): TimedEvent[] {
    this.#out = [];
    const fault = faultOf(bar);
    if (fault !== null) this.#onFault(bar, fault, true);
    else if (this.#isInOrder(bar)) this.#judge(bar);
    return this.#out;
  }

  /** Call it after the last bar: a bar still in quarantine was never confirmed and is left out. */
  finish(): void {
    if (this.#held !== null) this.#onFault(this.#held, 'close jumps and no bar follows that agrees', false);
    this.#held = null;
  }

  #isInOrder(bar: Bar): boolean {
    const before = this.#held ?? this.#last;
    if (before === null || bar.openUs >= before.closeUs) return true;
    if (isSameBar(bar, before)) {
      this.#status.rowsRepeated++;
      return false;
    }
    if (bar.closeUs < before.closeUs) {
      this.#onFault(bar, `its time is before that of line ${before.line}`, true);
      this.#openGap('OUT_OF_ORDER', this.#timeUs, bar.openUs, bar.closeUs, 0);
      (this.#gap as OpenGap).lost++;
    } else {
      const relation = bar.closeUs === before.closeUs ? 'has the same time as' : 'overlaps';
      this.#onFault(bar, `${relation} line ${before.line}`, true);
    }
    return false;
  }

  #judge(bar: Bar): void {
    const before = this.#held ?? this.#last;
    const { session, symbol, timeframe } = this.#options;
    const openingUs = openingTimeUs(bar.openUs, this.#timeUs);
    const missing = before === null ? 0 : session.barsBetween(timeframe, before.closeUs, bar.openUs);
    if (before !== null && missing > 0) {
      this.#openGap('SEQUENCE', openingUs, before.closeUs, bar.openUs, missing);
      (this.#gap as OpenGap).lost += missing;
    }
    const isConfirming = this.#settleHeld(bar);
    const limit = this.#limit();
    const isJump = !isConfirming && this.#isBeyond(bar.close, limit);
    if (!isConfirming && !this.#isBeyond(bar.open, limit)) this.#emit(toOpeningTick(symbol, bar.open, openingUs));
    if (isJump) {
      this.#held = bar;
      this.#openGap('QUARANTINE', bar.closeUs, bar.openUs, bar.closeUs, 1);
    } else {
      this.#publish(bar, bar.closeUs, false);
      this.#closeGap();
    }
  }

  /** Lets the held bar go if this one agrees with it, drops it if not. */
  #settleHeld(bar: Bar): boolean {
    const held = this.#held;
    if (held === null) return false;
    this.#held = null;
    const isConfirmed = Math.abs(bar.close / held.close - 1) <= this.#limit();
    if (isConfirmed) {
      this.#publish(held, bar.closeUs, true);
      if (this.#gap !== null) this.#gap.backfilled++;
    } else {
      this.#onFault(held, `close ${held.close} jumps from ${this.#last?.close} and line ${bar.line} does not agree`, true);
      if (this.#gap !== null) this.#gap.lost++;
    }
    return isConfirmed;
  }

  #limit(): number {
    const deviation = this.#returns.size < RETURNS_MIN ? 0 : this.#returns.stdev(1);
    return Math.max(this.#options.quarantineRatio, DEVIATIONS * deviation);
  }

  #isBeyond(price: number, limit: number): boolean {
    return this.#last !== null && Math.abs(price / this.#last.close - 1) > limit;
  }

  #publish(bar: Bar, timeUs: number, isBackfilled: boolean): void {
    if (this.#last !== null) this.#returns.push(bar.close / this.#last.close - 1);
    this.#last = bar;
    this.#status.rowsAccepted++;
    this.#emit(toCandle(this.#options.symbol, this.#options.timeframe, bar, timeUs, isBackfilled));
  }

  #openGap(cause: MarketFeedGapPayload['cause'], timeUs: number, from: number, to: number, missing: number): void {
    this.#status.gaps++;
    this.#gap ??= { fromUs: from, toUs: to, backfilled: 0, lost: 0 };
    this.#gap.toUs = Math.max(this.#gap.toUs, to);
    const { symbol, timeframe } = this.#options;
    const event = MarketFeedGap.create({ symbol, timeframe, from, to, missing, cause }, { timestamp: timeUs, source: DATA_COLLECTOR });
    this.#emit({ timeUs, event });
  }

  #closeGap(): void {
    const gap = this.#gap;
    if (gap === null) return;
    this.#gap = null;
    const { fromUs: gap_from, toUs: gap_to, backfilled, lost } = gap;
    const payload = { symbol: this.#options.symbol, gap_from, gap_to, backfilled, lost };
    const event = MarketFeedRecovered.create(payload, { timestamp: this.#timeUs, source: DATA_COLLECTOR });
    this.#emit({ timeUs: this.#timeUs, event });
  }

  #emit(event: TimedEvent): void {
    this.#timeUs = event.timeUs;
    this.#out.push(event);
  }
}
