import { checkNumber, checkOneOf, invalidOption } from '../base/index.ts';

/** `linear` goes through the position sizer, `option` through the options executor. */
export const TRADE_AS = ['linear', 'option'] as const;
export type TradeAs = (typeof TRADE_AS)[number];

/** What can be traded and on which grid. */
export interface Instrument {
  readonly symbol: string;
  /** Smallest price step in quote currency, > 0. */
  readonly tick: number;
  /** Smallest size step in units, > 0; one lot for options. */
  readonly step: number;
  /** Account currency per unit and price point, > 0. */
  readonly multiplier: number;
  /** Smallest order in units, >= step. */
  readonly minSize: number;
  /** Smallest order value in account currency, >= 0. */
  readonly minNotional: number;
  readonly currency: string;
  readonly tradeAs: TradeAs;
}

export type InstrumentSpec = Partial<Instrument> & Pick<Instrument, 'symbol'>;

/** What an instrument is unless told: cents, whole units, no minimum value. */
export const defaultInstrument = {
  tick: 0.01,
  step: 1,
  multiplier: 1,
  minNotional: 0,
  currency: 'USD',
  tradeAs: 'linear',
} as const satisfies Partial<Instrument>;

/**
 * Completes and checks an instrument; `minSize` defaults to one step.
 *
 * @throws QtError QT_OPTION_INVALID
 * @example createInstrument({ symbol: 'BTCUSDT', tick: 0.1, step: 0.001, minNotional: 10 })
 */
export function createInstrument(spec: InstrumentSpec): Instrument {
  const { symbol, tick, step, multiplier, minNotional, currency, tradeAs } = { ...defaultInstrument, ...spec };
  if (typeof symbol !== 'string' || symbol === '') throw invalidOption('symbol', symbol, 'a name');
  checkPositive('tick', tick);
  checkPositive('step', step);
  checkPositive('multiplier', multiplier);
  return Object.freeze({
    symbol,
    tick,
    step,
    multiplier,
    minSize: checkNumber('minSize', spec.minSize ?? step, { min: step }),
    minNotional: checkNumber('minNotional', minNotional, { min: 0 }),
    currency,
    tradeAs: checkOneOf('tradeAs', tradeAs, TRADE_AS),
  });
}

function checkPositive(field: string, value: number): void {
  if (!Number.isFinite(value) || value <= 0) throw invalidOption(field, value, 'a number above 0');
}
