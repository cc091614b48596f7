import { checkNumber, invalidOption } from '../base/index.ts';

/** Seeded minute bars: random walks that change their regime. */
export interface SyntheticFeedOptions {
  readonly kind: 'synthetic';
  /** Each different; default BTCUSDT, ETHUSDT, SOLUSDT. */
  readonly symbols?: readonly string[];
  /** Any text or number; the same seed gives the same events for ever. Default 1. */
  readonly seed?: string | number;
  /** Bars of each symbol, integer >= 1, or Infinity. Default 1440, a day; with a pace that has a duration, Infinity. */
  readonly bars?: number;
  /** Open of the first bar, integer microseconds, a whole minute; default 2024-01-01T00:00Z. */
  readonly startUs?: number;
  /** Volatility of a calm year as a ratio, 0 to 5; default 0.6. */
  readonly volatilityRatio?: number;
}

export interface ResolvedSyntheticFeedOptions {
  readonly symbols: readonly string[];
  readonly seed: string;
  readonly bars: number;
  readonly startUs: number;
  readonly volatilityRatio: number;
}

const MINUTE_US = 60_000_000;
const BARS = 1440;
const START_US = Date.UTC(2024, 0, 1) * 1000;

/** @throws QtError QT_OPTION_INVALID naming the field */
export function resolveSyntheticOptions(options: SyntheticFeedOptions): ResolvedSyntheticFeedOptions {
  const symbols = options.symbols ?? ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'];
  if (!Array.isArray(symbols) || symbols.length === 0 || symbols.some((symbol) => typeof symbol !== 'string' || symbol === '')) {
    throw invalidOption('symbols', symbols, 'a list of at least one symbol');
  }
  if (new Set(symbols).size !== symbols.length) throw invalidOption('symbols', symbols.join(', '), 'symbols that differ');
  const bars = options.bars ?? BARS;
  if (bars !== Infinity) checkNumber('bars', bars, { min: 1, integer: true });
  const startUs = checkNumber('startUs', options.startUs ?? START_US, { min: 0, max: 4e15, integer: true });
  if (startUs % MINUTE_US !== 0) throw invalidOption('startUs', startUs, 'a whole minute');
  const volatilityRatio = checkNumber('volatilityRatio', options.volatilityRatio ?? 0.6, { min: 0, max: 5 });
  return { symbols, seed: String(options.seed ?? 1), bars, startUs, volatilityRatio };
}
