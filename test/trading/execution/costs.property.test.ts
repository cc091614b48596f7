import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { CHARGE_PRESETS, chargesMicro, chargesUnrounded, turnoverOf } from '../../../src/trading/execution/index.ts';

const presets = fc.constantFrom(...Object.values(CHARGE_PRESETS));
const side = fc.constantFrom('BUY' as const, 'SELL' as const);
const liquidity = fc.constantFrom('MAKER' as const, 'TAKER' as const);

it('Charges of an order never fall while it fills, so no partial fill costs less than nothing', () => {
  fc.assert(
    fc.property(
      presets,
      side,
      liquidity,
      fc.double({ min: 1, max: 5_000, noNaN: true }),
      fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 8 }),
      (preset, side, liquidity, price, sizes) => {
        let size = 0;
        let before = 0;
        for (const part of sizes) {
          size += part;
          const after = chargesMicro(preset, turnoverOf(side, liquidity, size * price, size));
          expect(after).toBeGreaterThanOrEqual(before);
          before = after;
        }
      },
    ),
  );
});

it('Rounded charges lie within half a minor unit of the exact ones', () => {
  fc.assert(
    fc.property(
      presets,
      side,
      liquidity,
      fc.double({ min: 1, max: 5_000, noNaN: true }),
      fc.integer({ min: 1, max: 5_000 }),
      (preset, side, liquidity, price, size) => {
        const turnover = turnoverOf(side, liquidity, price * size, size);

        const difference = Math.abs(chargesMicro(preset, turnover) / 1e6 - chargesUnrounded(preset, turnover));

        expect(difference).toBeLessThanOrEqual(preset.minorUnit / 2 + 1e-6);
      },
    ),
  );
});
