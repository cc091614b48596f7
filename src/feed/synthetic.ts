import { openingTimeUs, toCandle, toOpeningTick, type TimedEvent } from './bar.ts';
import { createFeedStatus, type Feed, type FeedStatus } from './feed.ts';
import { mergeBatches, type TimedSource } from './merge.ts';
import { resolveSyntheticOptions, type ResolvedSyntheticFeedOptions, type SyntheticFeedOptions } from './synthetic-options.ts';
import { SyntheticWalk } from './synthetic-walk.ts';
import { timeframeUs } from './timeframe.ts';
import { TradingZone } from './zone.ts';

const TIMEFRAME = '1m';
const LENGTH_US = timeframeUs(TIMEFRAME);

/**
 * Minute bars of made-up markets that never close. Same options, same events.
 *
 * @throws QtError QT_OPTION_INVALID
 * @example
 * const feed = openSyntheticFeed({ kind: 'synthetic', symbols: ['BTCUSDT'], seed: 7, bars: 600 });
 */
export function openSyntheticFeed(options: SyntheticFeedOptions): Feed {
  const resolved = resolveSyntheticOptions(options);
  const { symbols, bars, seed } = resolved;
  const zone = new TradingZone('UTC');
  let status = createFeedStatus();
  return {
    info: {
      name: `synthetic, seed ${seed}`,
      symbols,
      timeframe: TIMEFRAME,
      dayZone: zone.name,
      periodsPerYear: 365,
      rowsTotal: bars === Infinity ? null : bars * symbols.length,
    },
    status: () => status,
    batches: (signal) => {
      status = createFeedStatus();
      return mergeBatches(
        symbols.map((symbol) => new WalkSource(symbol, resolved, status)),
        zone,
        signal,
      );
    },
  };
}

class WalkSource implements TimedSource {
  readonly #symbol: string;
  readonly #walk: SyntheticWalk;
  readonly #status: FeedStatus;
  readonly #rowsTotal: number;
  #barsLeft: number;
  #openUs: number;
  #lastUs = -1;

  constructor(symbol: string, options: ResolvedSyntheticFeedOptions, status: FeedStatus) {
    this.#symbol = symbol;
    this.#walk = new SyntheticWalk(symbol, options.seed, options.volatilityRatio);
    this.#status = status;
    this.#barsLeft = options.bars;
    this.#rowsTotal = options.bars * options.symbols.length;
    this.#openUs = options.startUs;
  }

  pull(): TimedEvent[] | null {
    if (this.#barsLeft === 0) return null;
    this.#barsLeft--;
    const openUs = this.#openUs;
    const closeUs = openUs + LENGTH_US;
    const bar = { ...this.#walk.next(), openUs, closeUs, file: '', line: 0 };
    const tick = toOpeningTick(this.#symbol, bar.open, openingTimeUs(openUs, this.#lastUs));
    this.#openUs = closeUs;
    this.#lastUs = closeUs;
    this.#count();
    return [tick, toCandle(this.#symbol, TIMEFRAME, bar, closeUs, false)];
  }

  close(): void {}

  #count(): void {
    const status = this.#status;
    status.rowsRead++;
    status.rowsAccepted++;
    status.progressRatio = this.#rowsTotal === Infinity ? null : status.rowsRead / this.#rowsTotal;
  }
}
