import { checkNumber, checkOneOf } from '../../../base/index.ts';

/** How far a marketable order moves the price against itself. Plain data. */
export interface SlippageOptions {
  /**
   * `none`; `fixed` = fixedBps; `atr` = fixedBps + atrBps * ATR / price; `volume_share` = priceImpact * min(q / v, shareMax)^2.
   * Default `fixed`. `atr` counts as `fixed` until 14 bars are seen, `volume_share` as shareMax while volume is unknown.
   */
  readonly model: 'none' | 'fixed' | 'atr' | 'volume_share';
  /** Basis points, >= 0, default 2. */
  readonly fixedBps: number;
  /** Basis points per ATR/price of 1, >= 0, default 50. */
  readonly atrBps: number;
  /** Ratio, >= 0, default 0.1. */
  readonly priceImpact: number;
  /** Largest q/v that counts, ratio in (0, 1], default 0.025. */
  readonly shareMax: number;
}

export const defaultSlippageOptions: SlippageOptions = Object.freeze({
  model: 'fixed',
  fixedBps: 2,
  atrBps: 50,
  priceImpact: 0.1,
  shareMax: 0.025,
});

/** @throws QtError QT_OPTION_INVALID */
export function resolveSlippageOptions(partial: Partial<SlippageOptions> = {}): SlippageOptions {
  const options = { ...defaultSlippageOptions, ...partial };
  checkOneOf('slippage.model', options.model, ['none', 'fixed', 'atr', 'volume_share']);
  checkNumber('slippage.fixedBps', options.fixedBps, { min: 0, max: 1_000 });
  checkNumber('slippage.atrBps', options.atrBps, { min: 0, max: 10_000 });
  checkNumber('slippage.priceImpact', options.priceImpact, { min: 0, max: 10 });
  checkNumber('slippage.shareMax', options.shareMax, { min: 1e-9, max: 1 });
  return options;
}

/** What is known about the market when an order trades. */
export interface SlippageMarket {
  /** Quote currency per unit, > 0. */
  readonly price: number;
  /** Average true range in price units, null before 14 bars. */
  readonly atr: number | null;
  /** Volume of the last bar in units, null or 0 when unknown. */
  readonly volume: number | null;
}

/**
 * Slippage of a taker in price units, >= 0.
 *
 * @param size units the order trades, > 0
 * @see binyaminsemerci-ops/quantum_trader backend/services/cost_model.py (atr)
 * @see QuantConnect/Lean VolumeShareSlippageModel (volume_share)
 */
export function takerSlippage(options: SlippageOptions, market: SlippageMarket, size: number): number {
  switch (options.model) {
    case 'none':
      return 0;
    case 'fixed':
      return (market.price * options.fixedBps) / 1e4;
    case 'atr':
      return (market.price * takerSlippageBps(options, market.atr === null ? 0 : market.atr / market.price)) / 1e4;
    case 'volume_share': {
      const known = market.volume !== null && market.volume > 0;
      const share = known ? Math.min(size / (market.volume as number), options.shareMax) : options.shareMax;
      return options.priceImpact * share * share * market.price;
    }
  }
}

/** fixedBps + atrBps * ATR / price, in basis points. */
export function takerSlippageBps(options: SlippageOptions, atrRatio: number): number {
  return options.fixedBps + options.atrBps * atrRatio;
}

/** A resting order gives way a fifth as much as a taker's fixed part, in basis points. */
export function makerSlippageBps(options: SlippageOptions): number {
  return 0.2 * options.fixedBps;
}
