import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { EventInput, QtEvent } from '../../../src/event/index.ts';
import {
  MarketCandleNew,
  SignalCandidateNew,
  SignalGenerated,
  SignalsAdvisoryNew,
  SignalsAdvisoryNoSignal,
  type SignalCandidateNewPayload,
  type SignalsAdvisoryNewPayload,
} from '../../../src/model/index.ts';
import { advisoryComponent, createAdvisoryState, step as advise } from '../../../src/trading/advisory/index.ts';
import { createRegimeState, regimeComponent, step as classify } from '../../../src/trading/regime/index.ts';
import { createSignalState, signalComponent, step as manage } from '../../../src/trading/signal/index.ts';
import { createStrategyState, step as run, strategyComponent } from '../../../src/trading/strategy/index.ts';
import { DAY_US, runChain, type Link } from '../../support/chain.ts';

const CLOSE_UTC_US = 21 * 3_600_000_000;

function readCandles(): EventInput[] {
  const text = readFileSync(new URL('../../../node_modules/vega-datasets/data/sp500-2000.csv', import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [date = '', open, high, low, close, , volume] = line.split(',');
      const day = Date.parse(`${date}T00:00:00Z`) * 1_000;
      const prices = { open: Number(open), high: Number(high), low: Number(low), close: Number(close) };
      const payload = {
        symbol: 'SPX',
        timeframe: '1d' as const,
        ...prices,
        volume: Number(volume),
        open_time: day + CLOSE_UTC_US - DAY_US / 4,
      };
      return MarketCandleNew.create(payload, { timestamp: day + CLOSE_UTC_US });
    });
}

/** The four components as the daily configuration sets them. */
function createLinks(): Link[] {
  const regime = createRegimeState({ timeframe: '1d', periodsPerYear: 252 });
  const strategy = createStrategyState({ timeframe: '1d' });
  const signal = createSignalState({ dayZone: 'America/New_York' });
  const advisory = createAdvisoryState();
  return [
    { ...regimeComponent(), step: (event: QtEvent<object>) => classify(regime, event) },
    { ...strategyComponent(), step: (event: QtEvent<object>) => run(strategy, event) },
    { ...signalComponent(), step: (event: QtEvent<object>) => manage(signal, event) },
    { ...advisoryComponent(), step: (event: QtEvent<object>) => advise(advisory, event) },
  ];
}

describe('twenty years of the S&P 500 through regime, strategy, signal manager and advisory', () => {
  let candles: EventInput[];
  let log: QtEvent<object>[];
  const ofType = (type: string): QtEvent<object>[] => log.filter((event) => event.type === type);

  beforeAll(() => {
    candles = readCandles();
    log = runChain(createLinks(), candles);
  });

  test('give a sensible number of advices, both long and short', () => {
    const candidates = ofType(SignalCandidateNew.type).map((event) => event.payload as SignalCandidateNewPayload);
    const advices = ofType(SignalsAdvisoryNew.type).map((event) => event.payload as SignalsAdvisoryNewPayload);

    expect(candidates.length).toBeGreaterThan(100);
    expect(candidates.length).toBeLessThan(600);
    expect(advices.length).toBeGreaterThanOrEqual(50);
    expect(advices.length).toBeLessThanOrEqual(300);
    expect(advices.filter((advice) => advice.recommended_action === 'LONG').length).toBeGreaterThan(20);
    expect(advices.filter((advice) => advice.recommended_action === 'SHORT').length).toBeGreaterThan(10);
  });

  test('answer each signal exactly once', () => {
    const asked = ofType(SignalGenerated.type).map((event) => (event.payload as { signal_id: string }).signal_id);
    const answered = [...ofType(SignalsAdvisoryNew.type), ...ofType(SignalsAdvisoryNoSignal.type)].map(
      (event) => (event.payload as { signal_id: string }).signal_id,
    );

    expect(answered.toSorted()).toEqual(asked.toSorted());
    expect(new Set(asked).size).toBe(asked.length);
  });

  test('never set a stop further than 3 % or advise below the floor', () => {
    for (const event of ofType(SignalsAdvisoryNew.type)) {
      const { entry_price: entry = 0, stop_loss: stop = 0, confidence, execution_power } = event.payload as SignalsAdvisoryNewPayload;
      expect(Math.abs(entry - stop) / entry, `event ${event.id}`).toBeLessThanOrEqual(0.03);
      expect(confidence, `event ${event.id}`).toBeGreaterThanOrEqual(0.6);
      expect(execution_power, `event ${event.id}`).toBe('NONE');
    }
  });

  test('are the same when run again', () => {
    const again = runChain(createLinks(), candles);

    expect(JSON.stringify(again)).toBe(JSON.stringify(log));
  });

  test('say the same of the first years when the later ones are not there', () => {
    const early = runChain(createLinks(), candles.slice(0, 1_500));

    expect(JSON.stringify(early)).toBe(JSON.stringify(log.slice(0, early.length)));
  });
});
