import { describe, expect, it } from 'vitest';
import { hasCode } from '../../../src/base/index.ts';
import {
  chargeLines,
  chargePreset,
  chargesMicro,
  chargesUnrounded,
  costInR,
  defaultSlippageOptions,
  estimateRoundTrip,
  slippageBps,
  takerSlippage,
  turnoverOf,
} from '../../../src/trading/execution/index.ts';

describe('charges', () => {
  it('of NSE delivery, buying and selling 5000 at 1000, are 11124.06', () => {
    const preset = chargePreset('nse_delivery');
    const buy = turnoverOf('BUY', 'TAKER', 5_000_000, 5_000);
    const sell = turnoverOf('SELL', 'TAKER', 5_000_000, 5_000);

    const total = (chargesMicro(preset, buy) + chargesMicro(preset, sell)) / 1e6;

    expect(total).toBeCloseTo(11_124.06, 6);
    const both = (name: string): number => (chargeLines(preset, buy).get(name) ?? 0) + (chargeLines(preset, sell).get(name) ?? 0);
    expect([both('stt'), both('transaction'), both('sebi'), both('tax'), both('stamp')].map((x) => Number(x.toFixed(6)))).toEqual([
      10_000, 307, 10, 57.06, 750,
    ]);
  });

  it('of NSE intraday, 375 units from 120 to 150, are 55.4781375 before rounding', () => {
    const preset = chargePreset('nse_intraday');

    const total =
      chargesUnrounded(preset, turnoverOf('BUY', 'TAKER', 45_000, 375)) +
      chargesUnrounded(preset, turnoverOf('SELL', 'TAKER', 56_250, 375));

    expect(total).toBeCloseTo(55.4781375, 9);
  });

  it('of a US order are half a cent a share, at least one dollar and at most one percent', () => {
    const preset = chargePreset('us_equity');
    const of = (size: number, price: number): number => chargesMicro(preset, turnoverOf('BUY', 'TAKER', size * price, size)) / 1e6;

    expect(of(1_000, 50)).toBe(5);
    expect(of(10, 50)).toBe(1);
    expect(of(10, 5)).toBe(0.5);
  });

  it('are rounded half-up to the minor unit', () => {
    const preset = { name: 'x', rules: [{ name: 'flat', basis: 'order', flat: 0.125 }], minorUnit: 0.01, source: 'test' } as const;

    expect(chargesMicro(preset, turnoverOf('BUY', 'TAKER', 1, 1))).toBe(130_000);
  });

  it('refuse a preset that does not exist and name the known ones', () => {
    let thrown: unknown;
    try {
      chargePreset('toString');
    } catch (error) {
      thrown = error;
    }

    expect(hasCode(thrown, 'QT_EXECUTION_PRESET_UNKNOWN')).toBe(true);
    expect((thrown as Error).message).toContain('us_equity');
  });
});

describe('estimates', () => {
  it('of 10 units from 100 to 102 with futures charges are 1.203, or .06015 R with a stop at 98', () => {
    const cost = estimateRoundTrip(
      chargePreset('crypto_futures'),
      { ...defaultSlippageOptions, model: 'atr' },
      {
        side: 'BUY',
        size: 10,
        entryPrice: 100,
        exitPrice: 102,
        entryLiquidity: 'MAKER',
        exitLiquidity: 'TAKER',
        atrRatio: 0.01,
        hours: 24,
      },
    );

    expect(cost.total).toBeCloseTo(1.203, 9);
    expect(cost.funding).toBeCloseTo(0.3, 9);
    expect(costInR(cost.total, 100, 98, 10)).toBeCloseTo(0.06015, 9);
  });

  it('of volume-share slippage at 50 are .0005 for a share of .01 and capped at .003125', () => {
    const options = { ...defaultSlippageOptions, model: 'volume_share' } as const;
    const at = (share: number): number => takerSlippage(options, { price: 50, atr: null, volume: 1_000 }, share * 1_000);

    expect(at(0.01)).toBeCloseTo(0.0005, 12);
    expect(at(0.1)).toBeCloseTo(0.003125, 12);
  });

  it('of measured slippage are positive when the fill is worse than the decision, on either side', () => {
    expect(slippageBps('BUY', 100, 100.1)).toBeCloseTo(10, 9);
    expect(slippageBps('SELL', 100, 100.1)).toBeCloseTo(-10, 9);
  });
});
