import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  accountKey,
  createInstrument,
  fromOrder,
  grossPnl,
  HealthStatus,
  ServiceStatus,
  signOf,
  StrategyLifecycle,
  toCandle,
  toClientOrderId,
  toEntrySide,
  toExitSide,
  toFill,
  toHealthStatus,
  toOrder,
  toRMultiple,
  toStrategyLifecycle,
  TradesOrderFilled,
  TradesOrderSubmitted,
  type Order,
} from '../../src/model/index.ts';

describe('toClientOrderId', () => {
  test('is the hash of account, request, intent and attempt', () => {
    expect(toClientOrderId('acct1', 'req_000001', 'ENTRY', 0)).toBe('qtu54snt64k22xp6guycykval5');
    expect(toClientOrderId('acct1', 'req_000001', 'ENTRY', 1)).toBe('qte2hvpy27jg2qsuh5h4azfyw6');
  });

  test('is one that every venue accepts', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(), (account, request, attempt) => {
        expect(toClientOrderId(account, request, 'EXIT', attempt)).toMatch(/^qt[a-z2-7]{24}$/);
      }),
    );
  });
});

describe('status words', () => {
  test('of services map onto those of the system', () => {
    const mapped = Object.values(ServiceStatus).map((status) => toHealthStatus(status));

    expect(mapped).toEqual([HealthStatus.HEALTHY, HealthStatus.DEGRADED, HealthStatus.CRITICAL]);
    expect(toHealthStatus('OK')).toBe('HEALTHY');
    expect(toHealthStatus('CRITICAL')).toBe('CRITICAL');
  });

  test.each([undefined, null, '', 'fine', 'constructor'])('that are %s count as CRITICAL', (word) => {
    expect(toHealthStatus(word)).toBe('CRITICAL');
  });

  test('of strategies map onto the four stages', () => {
    expect(Object.values(StrategyLifecycle).map(toStrategyLifecycle)).toEqual(['BACKTEST', 'SHADOW', 'LIVE', 'RETIRED']);
    expect(toStrategyLifecycle('CANDIDATE')).toBe('BACKTEST');
    expect(toStrategyLifecycle('DISABLED')).toBe('RETIRED');
    expect(toStrategyLifecycle('toString')).toBeNull();
  });
});

describe('directions and sides', () => {
  test('LONG is entered with BUY and left with SELL, SHORT the other way', () => {
    expect([toEntrySide('LONG'), toExitSide('LONG')]).toEqual(['BUY', 'SELL']);
    expect([toEntrySide('SHORT'), toExitSide('SHORT')]).toEqual(['SELL', 'BUY']);
    expect([signOf('LONG'), signOf('BUY'), signOf('SHORT'), signOf('SELL')]).toEqual([1, 1, -1, -1]);
  });
});

describe('createInstrument', () => {
  test('fills in what is usual', () => {
    expect(createInstrument({ symbol: 'SPX', step: 0.5 })).toEqual({
      symbol: 'SPX',
      tick: 0.01,
      step: 0.5,
      multiplier: 1,
      minSize: 0.5,
      minNotional: 0,
      currency: 'USD',
      tradeAs: 'linear',
    });
  });

  test.each([{ tick: 0 }, { step: -1 }, { multiplier: Number.NaN }, { minSize: 0.1 }, { tradeAs: 'swap' as never }, { symbol: '' }])(
    'refuses %o',
    (wrong) => {
      expect(() => createInstrument({ symbol: 'X', ...wrong })).toThrow(expect.objectContaining({ code: 'QT_OPTION_INVALID' }));
    },
  );
});

describe('nouns from payloads', () => {
  const order: Order = {
    requestId: 'req_1',
    clientOrderId: 'qtx',
    venueOrderId: 'qtx',
    symbol: 'SPX',
    side: 'SELL',
    type: 'STOP',
    intent: 'STOP',
    size: 2,
    price: null,
    triggerPrice: 98,
    reduceOnly: true,
    positionId: 'pos_1',
    timeInForce: 'GTC',
  };

  test('an order goes to a payload that fits and comes back', () => {
    const { triggerPrice: _trigger, positionId: _position, ...rest } = order;
    const entry: Order = { ...rest, triggerPrice: null, positionId: null };

    for (const each of [order, entry]) {
      expect(TradesOrderSubmitted.fits(fromOrder(each))).toBe(true);
      expect(toOrder(fromOrder(each))).toEqual(each);
    }
  });

  test('a fill happened at its event', () => {
    const { payload } = TradesOrderFilled.create({
      request_id: 'req_1',
      order_id: 'v1',
      fill_id: 'f_1',
      symbol: 'SPX',
      fill_price: 100,
      fill_size: 2,
      fees: -0.01,
      client_order_id: 'qtx',
      side: 'BUY',
      intent: 'ENTRY',
      cumulative_size: 2,
      remaining_size: 0,
      liquidity: 'MAKER',
      decision_price: 100,
      fee_currency: 'USD',
    });

    expect(toFill(payload, 7)).toMatchObject({ fillId: 'f_1', venueOrderId: 'v1', price: 100, size: 2, fees: -0.01, atUs: 7 });
  });

  test('a candle without an open time is as long as its timeframe', () => {
    const payload = { symbol: 'SPX', timeframe: '5m', open: 1, high: 1, low: 1, close: 1, volume: 0 } as const;

    expect(toCandle(payload, 600_000_000)).toMatchObject({ openTimeUs: 300_000_000, closeTimeUs: 600_000_000 });
    expect(toCandle({ ...payload, open_time: 5 }, 600_000_000).openTimeUs).toBe(5);
  });
});

describe('profit', () => {
  test('has the sign of the direction', () => {
    expect(grossPnl('LONG', 100, 105, 2)).toBe(10);
    expect(grossPnl('SHORT', 100, 105, 2, 50)).toBe(-500);
  });

  test('in R is undefined without an initial risk', () => {
    expect(toRMultiple('LONG', 100, 98, 103)).toBe(1.5);
    expect(toRMultiple('SHORT', 100, 102, 103)).toBe(-1.5);
    expect(toRMultiple('LONG', 100, null, 103)).toBeNull();
    expect(toRMultiple('LONG', 100, 100, 103)).toBeNull();
  });
});

describe('accountKey', () => {
  test('names the main account unless told', () => {
    expect([accountKey(), accountKey('two')]).toEqual(['acct:main', 'acct:two']);
  });
});
