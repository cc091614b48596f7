import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { toBaseConfidence, toEdgeScore, type EdgeParts } from '../../../src/trading/advisory/score.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const parts: fc.Arbitrary<EdgeParts> = fc.record({
  trendAlignment: share,
  momentum: share,
  volume: share,
  regimeFit: share,
  regimeStability: share,
  winRate: share,
  rewardRatio: fc.double({ min: 0, max: 5, noNaN: true }),
  consensus: share,
});
const regimes = fc.constantFrom('TRENDING', 'RANGING', 'CHAOTIC');

test('raising any part never lowers the edge score', () => {
  fc.assert(
    fc.property(
      parts,
      regimes,
      fc.constantFrom(
        ...(Object.keys({
          trendAlignment: 0,
          momentum: 0,
          volume: 0,
          regimeFit: 0,
          regimeStability: 0,
          winRate: 0,
          rewardRatio: 0,
          consensus: 0,
        }) as (keyof EdgeParts)[]),
      ),
      share,
      (given, regime, name, more) => {
        const raised = { ...given, [name]: given[name] + (1 - Math.min(given[name], 1)) * more };

        expect(toEdgeScore(raised, regime)).toBeGreaterThanOrEqual(toEdgeScore(given, regime));
      },
    ),
  );
});

test('the edge score is a whole number from 0 to 100', () => {
  fc.assert(
    fc.property(parts, regimes, (given, regime) => {
      const score = toEdgeScore(given, regime);

      expect(Number.isInteger(score) && score >= 0 && score <= 100).toBe(true);
    }),
  );
});

test('better data or a steadier regime never lowers confidence', () => {
  fc.assert(
    fc.property(fc.array(share, { minLength: 1, maxLength: 6 }), share, share, share, (votes, dataQuality, stability, more) => {
      const base = toBaseConfidence({ votes, dataQuality, stability });

      expect(toBaseConfidence({ votes, dataQuality: Math.min(1, dataQuality + more), stability })).toBeGreaterThanOrEqual(base);
      expect(toBaseConfidence({ votes, dataQuality, stability: Math.min(1, stability + more) })).toBeGreaterThanOrEqual(base);
    }),
  );
});

test('raising the vote of models that agree never lowers confidence', () => {
  fc.assert(
    fc.property(share, fc.integer({ min: 1, max: 5 }), share, (vote, count, more) => {
      const of = (value: number): number =>
        toBaseConfidence({ votes: Array.from({ length: count }, () => value), dataQuality: 1, stability: 1 });

      expect(of(Math.min(1, vote + more))).toBeGreaterThanOrEqual(of(vote) - 1e-12);
    }),
  );
});
