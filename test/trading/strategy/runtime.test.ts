import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { hasCode } from '../../../src/base/index.ts';
import type { EventInput } from '../../../src/event/index.ts';
import {
  OpportunitiesUpdated,
  PolicyUpdated,
  RegimeClassificationUpdate,
  SignalCandidateNew,
  StrategyError,
  StrategyPromoted,
  StrategyStarted,
  StrategyStopped,
  type Regime,
  type SignalCandidateNewPayload,
} from '../../../src/model/index.ts';
import { setup } from '../../../src/trading/strategy/handler.ts';
import {
  createStrategyState,
  resolveStrategyOptions,
  step,
  strategyComponent,
  strategyKind,
  type StrategyOptions,
  type StrategyState,
} from '../../../src/trading/strategy/index.ts';
import { candleAt, toEvent } from '../../support/chain.ts';

/** Proposes to buy at every bar; throws at closes that end in .5. */
const eager = strategyKind({
  parameters: { warmup: { default: 0, min: 0, max: 1_000, description: 'bars' } },
  create: ({ warmup }) => ({
    warmupBars: warmup,
    update: (bar) => {
      if (bar.close % 1 === 0.5) throw new Error('half a price');
      return { direction: 'LONG', type: 'GENERIC', strength: 5, reason: 'always', facts: {} };
    },
  }),
});

const EAGER: StrategyOptions = { strategies: [{ kind: 'eager', module: 'data:,' }] };

const create = (options: StrategyOptions = EAGER): StrategyState => createStrategyState(options, { eager });

const candles = (count: number, from = 0, values: { symbol?: string; backfilled?: boolean } = {}): EventInput[] =>
  Array.from({ length: count }, (_, i) => candleAt(from + i, { close: 100, high: 101, low: 99, ...values }));

const send = (state: StrategyState, ...inputs: EventInput[]): EventInput[] => inputs.flatMap((input) => step(state, toEvent(input)));
const typesOf = (outputs: EventInput[]): string[] => outputs.map((out) => out.type);
const candidates = (outputs: EventInput[]): SignalCandidateNewPayload[] =>
  outputs.filter((out) => out.type === SignalCandidateNew.type).map((out) => out.payload as SignalCandidateNewPayload);

describe('candidates', () => {
  test('carry entry at the close, stop, target and where they come from', () => {
    const [candidate] = candidates(send(create(), ...candles(14)));

    expect(candidate).toMatchObject({
      symbol: 'BTCUSDT',
      strategy: 'eager',
      action: 'BUY',
      entry_price: 100,
      stop_loss: 97,
      target: 106,
      signal_strength: 5,
      expected_move_pct: 6,
      timeframe: '1m',
      signal_type: 'GENERIC',
      strategy_stage: 'LIVE',
    });
  });

  test('come at most once for a strategy, symbol and candle, however often the candle is delivered', () => {
    const state = create();
    send(state, ...candles(20));
    const event = toEvent(candleAt(20, { close: 100, high: 101, low: 99 }));

    expect(candidates([...step(state, event), ...step(state, event), ...step(state, event)])).toHaveLength(1);
  });

  test('wait for the declared warm-up', () => {
    const state = create({ strategies: [{ kind: 'eager', module: 'data:,', parameters: { warmup: 30 } }] });

    expect(candidates(send(state, ...candles(29)))).toEqual([]);
    expect(candidates(send(state, ...candles(1, 29)))).toHaveLength(1);
  });

  test('do not come from candles that were filled in later, nor from other timeframes', () => {
    expect(candidates(send(create(), ...candles(30, 0, { backfilled: true })))).toEqual([]);
    expect(candidates(send(create({ ...EAGER, timeframe: '1d' }), ...candles(30)))).toEqual([]);
  });

  test('come only in the regimes that a strategy asks for', () => {
    const state = create({ strategies: [{ kind: 'eager', module: 'data:,', regimes: ['TRENDING'] }] });
    const regime = (word: Regime): EventInput =>
      RegimeClassificationUpdate.create({
        symbol: 'BTCUSDT',
        regime: word,
        confidence: 0.8,
        previous_regime: 'CHAOTIC',
        changed: true,
        regime_detail: word === 'TRENDING' ? 'TREND_UP' : 'RANGE_LOW_VOL',
        volatility_state: 'LOW',
        adx: 30,
        atr: 1,
        atr_percent: 1,
        trend_strength: 1,
      });

    const unknown = candidates(send(state, ...candles(20)));
    const trending = candidates(send(state, regime('TRENDING'), ...candles(1, 20)));
    const ranging = candidates(send(state, regime('RANGING'), ...candles(1, 21)));

    expect([unknown.length, trending.length, ranging.length]).toEqual([0, 1, 0]);
  });

  test('come only for top symbols once there is a ranking', () => {
    const state = create();
    send(state, ...candles(20), ...candles(20, 0, { symbol: 'ETHUSDT' }));
    send(state, OpportunitiesUpdated.create({ top_symbols: ['ETHUSDT'], scores: { ETHUSDT: 1 }, criteria: {}, excluded_count: 1 }));

    const found = candidates(send(state, ...candles(1, 20), ...candles(1, 20, { symbol: 'ETHUSDT' })));

    expect(found.map((candidate) => candidate.symbol)).toEqual(['ETHUSDT']);
  });
});

describe('stages and policy', () => {
  const policy = (version: number, allowed: string[]): EventInput =>
    PolicyUpdated.create({
      risk_mode: 'NORMAL',
      allowed_strategies: allowed,
      global_min_confidence: 0.6,
      max_risk_per_trade: 0.01,
      max_positions: 3,
      version,
    });
  const promoted = (to: 'LIVE' | 'SHADOW' | 'RETIRED'): EventInput =>
    StrategyPromoted.create({ strategy_id: 'eager', from_stage: 'SHADOW', to_stage: to, reason: 'test', metrics: {} });

  test('a strategy says once that it started on a symbol, and once that it stopped', () => {
    const state = create();

    const started = send(state, ...candles(3));
    const stopped = send(state, policy(1, []), ...candles(3, 3));

    expect(typesOf(started)).toEqual([StrategyStarted.type]);
    expect(typesOf(stopped)).toEqual([StrategyStopped.type]);
  });

  test('a policy takes effect at the next candle, and an older one is ignored', () => {
    const state = create();
    send(state, ...candles(20), policy(2, []));

    expect(candidates(send(state, ...candles(1, 20)))).toEqual([]);
    expect(candidates(send(state, policy(1, ['eager']), ...candles(1, 21)))).toEqual([]);
    expect(candidates(send(state, policy(3, ['eager']), ...candles(1, 22)))).toHaveLength(1);
  });

  test('a promotion to LIVE marks the next candidate, and no policy is asked of a shadow', () => {
    const state = create({ strategies: [{ kind: 'eager', module: 'data:,', stage: 'SHADOW' }] });
    send(state, ...candles(20), policy(1, []));

    const [shadow] = candidates(send(state, ...candles(1, 20)));
    const live = candidates(send(state, promoted('LIVE'), ...candles(1, 21)));
    const [allowed] = candidates(send(state, policy(2, ['eager']), ...candles(1, 22)));

    expect(shadow?.strategy_stage).toBe('SHADOW');
    expect(live).toEqual([]);
    expect(allowed?.strategy_stage).toBe('LIVE');
  });

  test('a retired strategy proposes no more', () => {
    const state = create();
    send(state, ...candles(20), promoted('RETIRED'));

    expect(candidates(send(state, ...candles(5, 20)))).toEqual([]);
  });
});

describe('a strategy that throws', () => {
  const half = (index: number): EventInput => candleAt(index, { close: 100.5, high: 101, low: 99 });

  test('is stopped on the symbol at the third throw within 100 events, with the error', () => {
    const state = create();
    send(state, ...candles(20));

    const first = send(state, half(20), half(21));
    const third = send(state, half(22));
    const after = send(state, ...candles(5, 23));

    expect(first).toEqual([]);
    expect(third).toHaveLength(1);
    expect(third[0]).toMatchObject({ type: StrategyError.type, payload: { strategy_id: 'eager', error: 'half a price' } });
    expect(after).toEqual([]);
  });

  test('goes on when its throws are further apart', () => {
    const state = create();
    const sparse = Array.from({ length: 200 }, (_, i) => (i % 60 === 30 ? half(i) : (candles(1, i)[0] as EventInput)));

    expect(typesOf(send(state, ...sparse))).not.toContain(StrategyError.type);
  });

  test('does not stop on other symbols', () => {
    const state = create();
    send(state, ...candles(20, 0, { symbol: 'ETHUSDT' }), half(0), half(1), half(2));

    expect(candidates(send(state, ...candles(1, 20, { symbol: 'ETHUSDT' })))).toHaveLength(1);
  });
});

describe('options', () => {
  test.each([
    { strategies: [{ kind: 'unknown' }] },
    { strategies: [{ kind: 'rsi' }, { kind: 'rsi' }] },
    { strategies: [{ kind: 'rsi', parameters: { periods: 3 } }] },
    { strategies: [{ kind: 'rsi', parameters: { period: 1.5 } }] },
    { stopPctMax: 3.5 },
    { stopAtrMultiple: 0 },
  ] satisfies StrategyOptions[])('%j is refused by name', (options) => {
    expect(() => resolveStrategyOptions(options)).toThrow(expect.toSatisfy((error: unknown) => hasCode(error, 'QT_OPTION_INVALID')));
  });

  test('survive the way to a worker thread and resolve to themselves', () => {
    const { options } = strategyComponent({
      timeframe: '1d',
      strategies: [{ kind: 'trend' }, { kind: 'rsi', id: 'fast_rsi', parameters: { period: 7 } }],
    });

    expect(resolveStrategyOptions(structuredClone(options) as StrategyOptions)).toEqual(options);
  });
});

describe('a strategy from a module', () => {
  const source = `export const kind = { parameters: {}, create: () => ({ warmupBars: 0, update: () => ({ direction: 'SHORT', type: 'GENERIC', strength: 9, reason: 'r', facts: {} }) }) };`;

  test('is loaded at setup and runs like the others', async () => {
    const module = `data:text/javascript,${encodeURIComponent(source)}`;

    const state = await setup({ strategies: [{ kind: 'mine', module }] });

    expect(candidates(send(state, ...candles(14)))[0]).toMatchObject({ strategy: 'mine', action: 'SELL' });
  });

  test.each([`file://${fileURLToPath(import.meta.url)}.missing.ts`, 'data:text/javascript,export const other = 1'])(
    '%s is refused with a code',
    async (module) => {
      await expect(setup({ strategies: [{ kind: 'mine', module }] })).rejects.toSatisfy((error) =>
        hasCode(error, 'QT_STRATEGY_MODULE_INVALID'),
      );
    },
  );
});
