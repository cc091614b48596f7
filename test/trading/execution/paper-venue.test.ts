import { describe, expect, it } from 'vitest';
import {
  PaperVenue,
  resolvePaperVenueOptions,
  type InBarOrder,
  type OrderTerms,
  type PaperVenueSettings,
  type VenueReport,
} from '../../../src/trading/execution/index.ts';

const BAR_US = 86_400_000_000;
const instrument = { tick: 0.01, step: 1, multiplier: 1 };
const still: PaperVenueSettings = { spreadBps: 0, slippage: { model: 'none' } };

interface Prices {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume?: number;
}

/** Steps a venue through ticks and bars; time starts at 0 and each bar takes one day. */
class Bench {
  readonly venue: PaperVenue;
  now = 0;
  seq = 0;
  #ids = 0;

  constructor(settings: PaperVenueSettings = still) {
    this.venue = new PaperVenue(resolvePaperVenueOptions(settings), {}, instrument);
  }

  order(given: Partial<OrderTerms>): string {
    const clientOrderId = given.clientOrderId ?? `o${this.#ids++}`;
    this.submit({ ...given, clientOrderId });
    return clientOrderId;
  }

  submit(given: Partial<OrderTerms>): readonly VenueReport[] {
    const reduceOnly = given.reduceOnly ?? false;
    return this.venue.submit(
      {
        clientOrderId: 'o',
        requestId: 'r',
        symbol: 'SPX',
        intent: reduceOnly ? 'EXIT' : 'ENTRY',
        side: 'BUY',
        type: 'MARKET',
        sizeSteps: 10,
        limitPrice: null,
        triggerPrice: null,
        reduceOnly,
        timeInForce: 'GTC',
        decisionPrice: 100,
        decidedAtUs: this.now,
        reason: 'test',
        strategyId: 's',
        protectiveStop: null,
        ...given,
      },
      this.now,
    );
  }

  tick(price: number, range: { low?: number; high?: number } = {}): VenueReport[] {
    return [
      ...this.venue.onTick({
        symbol: 'SPX',
        timestampUs: this.now,
        seq: ++this.seq,
        price,
        low: range.low ?? price,
        high: range.high ?? price,
      }),
    ];
  }

  candle(bar: Prices, openTimeUs = this.now, onReport: (report: VenueReport) => void = () => {}): VenueReport[] {
    this.now = Math.max(this.now, openTimeUs + BAR_US);
    const reports: VenueReport[] = [];
    for (const report of this.venue.onCandle({ symbol: 'SPX', timestampUs: this.now, seq: ++this.seq, openTimeUs, volume: 0, ...bar })) {
      reports.push(report);
      onReport(report);
    }
    return reports;
  }

  /** Opening tick and candle. */
  bar(bar: Prices): VenueReport[] {
    const openTimeUs = this.now;
    return [...this.tick(bar.open), ...this.candle(bar, openTimeUs)];
  }

  long(size = 10): void {
    this.order({ sizeSteps: size });
    this.tick(100);
  }
}

const fills = (reports: readonly VenueReport[]): [string, number, number][] =>
  reports.flatMap((report) =>
    report.kind === 'filled' ? [[report.clientOrderId, report.price, report.sizeSteps] as [string, number, number]] : [],
  );

const QUIET: Prices = { open: 100, high: 101, low: 99, close: 100 };

describe('PaperVenue market orders', () => {
  it('fill on the opening tick after the decision, at its price', () => {
    const bench = new Bench();
    bench.bar(QUIET);
    const id = bench.order({});

    const reports = bench.tick(100.5);

    expect(fills(reports)).toEqual([[id, 100.5, 10]]);
  });

  it('fill at the open of a bar that began after the decision when no tick came', () => {
    const bench = new Bench();
    const id = bench.order({});

    expect(fills(bench.candle({ open: 103, high: 104, low: 99, close: 100 }))).toEqual([[id, 103, 10]]);
  });

  it('never fill on a bar that began before the decision', () => {
    const bench = new Bench();
    const openTimeUs = bench.now;
    bench.tick(100);
    bench.now += BAR_US / 2;
    bench.order({});

    expect(fills(bench.candle(QUIET, openTimeUs))).toEqual([]);
  });

  it('never fill on a tick that is older than the decision', () => {
    const bench = new Bench();
    bench.now = 10;
    bench.order({});
    bench.now = 5;

    expect(bench.tick(100)).toEqual([]);
  });

  it('pay half the spread and the slippage, each side against itself, on the tick grid', () => {
    const bench = new Bench({ spreadBps: 4, slippage: { model: 'fixed', fixedBps: 1 } });
    const buy = bench.order({ side: 'BUY' });
    const sell = bench.order({ side: 'SELL' });

    expect(fills(bench.tick(100))).toEqual([
      [buy, 100.03, 10],
      [sell, 99.97, 10],
    ]);
  });

  it('use the spread of a fresh book and not of a stale, locked or crossed one', () => {
    const price = (bid: number, ask: number, ageUs: number): number | undefined => {
      const bench = new Bench({ ...still, spreadBps: 100 });
      bench.venue.onBook({ symbol: 'SPX', timestampUs: 0, bid, ask });
      bench.now = ageUs;
      bench.order({});
      return fills(bench.tick(100))[0]?.[1];
    };

    expect([price(99.9, 100.1, 5_000_000), price(99.9, 100.1, 5_000_001), price(100, 100, 0), price(100.1, 99.9, 0)]).toEqual([
      100.1, 100.5, 100.5, 100.5,
    ]);
  });

  it('stay inside the range of the bar they fill on', () => {
    const bench = new Bench({ spreadBps: 100, slippage: { model: 'fixed', fixedBps: 500 } });
    const id = bench.order({});

    expect(fills(bench.candle({ open: 100, high: 100.2, low: 99, close: 100 }))).toEqual([[id, 100.2, 10]]);
  });
});

describe('PaperVenue prices', () => {
  it('lie on the tick grid even where the data do not, because all who book the fill count in ticks', () => {
    const bench = new Bench();
    bench.order({ type: 'LIMIT', limitPrice: 99 });
    bench.order({});

    expect(fills(bench.tick(98.12345)).map(([, price]) => price)).toEqual([98.13, 98.12]);
  });
});

describe('PaperVenue limit orders', () => {
  it('fill at the limit when the bar trades through it, and not when it only touches it', () => {
    const bench = new Bench();
    const id = bench.order({ type: 'LIMIT', limitPrice: 99 });

    expect(fills(bench.bar(QUIET))).toEqual([]);
    expect(fills(bench.bar({ ...QUIET, low: 98.99 }))).toEqual([[id, 99, 10]]);
  });

  it('fill at the open when it is better than the limit', () => {
    const bench = new Bench();
    const buy = bench.order({ type: 'LIMIT', limitPrice: 99 });
    const sell = bench.order({ type: 'LIMIT', limitPrice: 97, side: 'SELL' });

    expect(fills(bench.tick(98))).toEqual([
      [buy, 98, 10],
      [sell, 98, 10],
    ]);
  });

  it('fill on every touch with touchRatio 1, on about half the touches with .5, the same ones on every run', () => {
    const touched = (touchRatio: number): string[] => {
      const bench = new Bench({ ...still, touchRatio });
      for (let i = 0; i < 200; i++) bench.order({ type: 'LIMIT', limitPrice: 99, sizeSteps: 1 });
      return fills(bench.bar(QUIET)).map(([id]) => id);
    };

    expect(touched(1)).toHaveLength(200);
    expect(touched(0.5).length).toBeGreaterThan(70);
    expect(touched(0.5).length).toBeLessThan(130);
    expect(touched(0.5)).toEqual(touched(0.5));
  });
});

describe('PaperVenue stops', () => {
  it('fill at the stop less slippage when the bar trades to it', () => {
    const bench = new Bench({ spreadBps: 0, slippage: { model: 'fixed', fixedBps: 10 } });
    bench.order({});
    bench.tick(100);
    const id = bench.order({ type: 'STOP', side: 'SELL', triggerPrice: 99, reduceOnly: true });

    expect(fills(bench.bar({ ...QUIET, low: 98 }))).toEqual([[id, 98.9, 10]]);
  });

  it('fill at the stop exactly when the low is the stop, kept inside the bar', () => {
    const bench = new Bench({ spreadBps: 0, slippage: { model: 'fixed', fixedBps: 10 } });
    bench.order({});
    bench.tick(100);
    const id = bench.order({ type: 'STOP', side: 'SELL', triggerPrice: 99, reduceOnly: true });

    expect(fills(bench.bar(QUIET))).toEqual([[id, 99, 10]]);
  });

  it('fill at the open after a gap, on the opening tick, and not again on the candle', () => {
    const bench = new Bench();
    bench.long();
    const id = bench.order({ type: 'STOP', side: 'SELL', triggerPrice: 99, reduceOnly: true });

    expect(fills(bench.bar({ open: 95, high: 99.5, low: 94, close: 98 }))).toEqual([[id, 95, 10]]);
    expect(bench.venue.positionSteps('SPX')).toBe(0);
  });

  it('of shorts mirror those of longs', () => {
    const bench = new Bench();
    bench.order({ side: 'SELL' });
    bench.tick(100);
    const id = bench.order({ type: 'STOP', side: 'BUY', triggerPrice: 102, reduceOnly: true });

    expect(fills(bench.bar(QUIET))).toEqual([]);
    expect(fills(bench.bar({ open: 100, high: 103, low: 99, close: 101 }))).toEqual([[id, 102, 10]]);
  });

  it('see the low of a coalesced tick, so that a dip between two prints triggers them', () => {
    const bench = new Bench();
    bench.long();
    const id = bench.order({ type: 'STOP', side: 'SELL', triggerPrice: 99, reduceOnly: true });

    expect(fills(bench.tick(100, { low: 98.5, high: 100.5 }))).toEqual([[id, 99, 10]]);
  });

  it('with a limit are triggered but not filled when the open gaps past the limit, then rest as a limit', () => {
    const bench = new Bench();
    bench.long();
    const id = bench.order({ type: 'STOP_LIMIT', side: 'SELL', triggerPrice: 99, limitPrice: 98, reduceOnly: true });

    expect(fills(bench.bar({ open: 95, high: 96, low: 94, close: 95 }))).toEqual([]);
    expect(fills(bench.bar({ open: 96, high: 98.5, low: 95, close: 98 }))).toEqual([[id, 98, 10]]);
  });
});

describe('PaperVenue in-bar order', () => {
  const bracket = (inBar: InBarOrder, bar: Prices): [string, number, number][] => {
    const bench = new Bench({ ...still, inBar });
    bench.long();
    bench.order({ clientOrderId: 'target', type: 'LIMIT', side: 'SELL', limitPrice: 104, reduceOnly: true });
    bench.order({ clientOrderId: 'stop', type: 'STOP', side: 'SELL', triggerPrice: 98, reduceOnly: true });
    return fills(bench.bar(bar));
  };
  const nearHigh: Prices = { open: 103, high: 105, low: 97, close: 100 };
  const nearLow: Prices = { open: 99, high: 105, low: 97, close: 100 };

  it('takes the stop first by default, whatever the bar looks like', () => {
    expect(bracket('worst', nearHigh)).toEqual([['stop', 98, 10]]);
    expect(bracket('worst', nearLow)).toEqual([['stop', 98, 10]]);
  });

  it('follows the named path, and adaptive visits the nearer extreme first', () => {
    expect(bracket('ohlc', nearLow)).toEqual([['target', 104, 10]]);
    expect(bracket('olhc', nearHigh)).toEqual([['stop', 98, 10]]);
    expect(bracket('adaptive', nearHigh)).toEqual([['target', 104, 10]]);
    expect(bracket('adaptive', nearLow)).toEqual([['stop', 98, 10]]);
  });

  const entryWithStop = (inBar: InBarOrder, bar: Prices): [string, number, number][] => {
    const bench = new Bench({ ...still, inBar });
    bench.order({ clientOrderId: 'entry', type: 'STOP', triggerPrice: 105 });
    const openTimeUs = bench.now;
    bench.tick(bar.open);
    const placeStop = (report: VenueReport): void => {
      if (report.kind === 'filled' && report.clientOrderId === 'entry')
        bench.submit({ clientOrderId: 'stop', type: 'STOP', side: 'SELL', triggerPrice: 103, reduceOnly: true });
    };
    return fills(bench.candle(bar, openTimeUs, placeStop));
  };

  it('lets a stop that is placed inside the bar see only what the path still has to go', () => {
    const bar: Prices = { open: 102, high: 106, low: 101, close: 105.5 };

    expect(entryWithStop('olhc', bar)).toEqual([['entry', 105, 10]]);
    expect(entryWithStop('ohlc', bar)).toEqual([
      ['entry', 105, 10],
      ['stop', 103, 10],
    ]);
  });

  it('by default counts on such a stop being hit, at the stop and not at the open before it', () => {
    expect(entryWithStop('worst', { open: 102, high: 106, low: 101, close: 105.5 })).toEqual([
      ['entry', 105, 10],
      ['stop', 103, 10],
    ]);
  });
});

describe('PaperVenue limits of size', () => {
  it('fills at most a tenth of the bar volume and leaves the rest open', () => {
    const bench = new Bench();
    bench.bar({ ...QUIET, volume: 40 });
    const id = bench.order({});

    expect(fills(bench.tick(100))).toEqual([[id, 100, 4]]);
    bench.candle({ ...QUIET, volume: 100 });
    expect(fills(bench.tick(101))).toEqual([[id, 101, 6]]);
  });

  it('switches the share off while volume is zero, or fills nothing if told so', () => {
    const zero = (settings: PaperVenueSettings): number => {
      const bench = new Bench({ ...still, ...settings });
      bench.bar({ ...QUIET, volume: 0 });
      bench.order({ sizeSteps: 1_000_000 });
      return fills(bench.tick(100)).length;
    };

    expect(zero({})).toBe(1);
    expect(zero({ unknownVolume: 'none' })).toBe(0);
  });

  it('cancels what an immediate-or-cancel order could not fill', () => {
    const bench = new Bench();
    bench.bar({ ...QUIET, volume: 40 });
    bench.order({ timeInForce: 'IOC' });

    expect(bench.tick(100).map(({ kind }) => kind)).toEqual(['filled', 'cancelled']);
  });

  it('never lets reduce-only orders turn the position, however many there are', () => {
    const bench = new Bench();
    bench.long();
    for (let i = 0; i < 3; i++) bench.order({ side: 'SELL', sizeSteps: 7, reduceOnly: true });

    const reports = bench.tick(100);

    expect(fills(reports).map(([, , size]) => size)).toEqual([7, 3]);
    expect(bench.venue.positionSteps('SPX')).toBe(0);
    expect(bench.submit({ clientOrderId: 'late', side: 'SELL', reduceOnly: true })[0]).toMatchObject({
      kind: 'rejected',
      code: 'REDUCE_ONLY',
    });
  });

  it('makes one order of an id that is submitted twice', () => {
    const bench = new Bench();
    bench.submit({ clientOrderId: 'same' });

    expect(bench.submit({ clientOrderId: 'same' })).toEqual([]);
    expect(fills(bench.tick(100))).toHaveLength(1);
  });
});
