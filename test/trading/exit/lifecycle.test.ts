import { describe, expect, it } from 'vitest';
import type { EventInput, QtEvent } from '../../../src/event/index.ts';
import {
  ExitDecisionMade,
  ExitStopUpdated,
  MarketCandleNew,
  MarketTickPrice,
  PositionOpened,
  TradesOrderFilled,
  TradesRequestNew,
  type ExitDecisionMadePayload,
  type ExitStopUpdatedPayload,
  type MarketCandleNewPayload,
  type PositionOpenedPayload,
} from '../../../src/model/index.ts';
import { createBrain, step as decide, type ExitBrainOptions } from '../../../src/trading/exit/index.ts';
import { createPositionState, step as book } from '../../../src/trading/position/index.ts';
import { MINUTE } from './_fixture.ts';

/** Position service and exit brain around a venue that fills market exits at the next tick and resting stops inside the bar. */
function createLoop(options: ExitBrainOptions = {}) {
  const brain = createBrain(options);
  const positions = createPositionState();
  const log: QtEvent[] = [];
  const venue = { stop: null as number | null, size: 0, exit: 0, fills: 0 };
  let seq = 0;

  const fill = (side: 'BUY' | 'SELL', size: number, price: number, intent: 'ENTRY' | 'EXIT' | 'STOP'): EventInput => {
    venue.fills += 1;
    venue.size += side === 'BUY' ? size : -size;
    return TradesOrderFilled.create({
      request_id: 'req',
      order_id: 'o',
      fill_id: `f_${venue.fills}`,
      symbol: 'XYZ',
      fill_price: price,
      fill_size: size,
      fees: 0.1,
      client_order_id: 'c',
      side,
      intent,
      cumulative_size: size,
      remaining_size: 0,
      liquidity: 'TAKER',
      decision_price: price,
      fee_currency: 'USD',
    });
  };
  const react = ({ payload, type }: QtEvent): EventInput[] => {
    if (type === PositionOpened.type) venue.stop = (payload as PositionOpenedPayload).stop_loss;
    if (type === ExitStopUpdated.type) venue.stop = (payload as ExitStopUpdatedPayload).new_stop;
    if (type === ExitDecisionMade.type) {
      const { decision, exit_percent = 0 } = payload as ExitDecisionMadePayload;
      if (decision.startsWith('EXIT')) venue.exit = Math.floor((venue.size * exit_percent) / 100);
    }
    if (type === MarketTickPrice.type && venue.exit > 0 && venue.size > 0) {
      const size = Math.min(venue.exit, venue.size);
      venue.exit = 0;
      return [fill('SELL', size, (payload as { price: number }).price, 'EXIT')];
    }
    if (type === MarketCandleNew.type && venue.stop !== null && venue.size > 0) {
      const { low, open } = payload as MarketCandleNewPayload;
      if (low <= venue.stop) return [fill('SELL', venue.size, Math.min(open, venue.stop), 'STOP')];
    }
    return [];
  };
  const publish = (first: EventInput, timestamp: number): void => {
    let wave = [first];
    for (let depth = 0; wave.length > 0; depth++) {
      expect(depth, 'causes end').toBeLessThan(10);
      wave = wave.flatMap(({ payload, type }) => {
        seq += 1;
        const event = { type, payload, seq, timestamp, key: 'XYZ' } as unknown as QtEvent;
        log.push(event);
        return [...book(positions, event), ...decide(brain, event), ...react(event)];
      });
    }
  };
  const bar = (index: number, [open, high, low, close]: readonly [number, number, number, number]): void => {
    publish(MarketTickPrice.create({ symbol: 'XYZ', price: open }), index * MINUTE);
    const candle = { symbol: 'XYZ', timeframe: '1m', open, high, low, close, volume: 1, open_time: index * MINUTE } as const;
    publish(MarketCandleNew.create(candle), (index + 1) * MINUTE);
  };
  const enter = (size: number, price: number, stop: number, at: number): void => {
    const request = {
      request_id: 'req',
      evaluation_id: 'ev',
      symbol: 'XYZ',
      direction: 'LONG',
      size,
      entry_price: price,
      stop_loss: stop,
      risk_amount: size * (price - stop),
      risk_percent: 1,
      signal_id: 'sig',
      strategy_id: 'rsi',
      type: 'MARKET',
      expires_at: at,
      leverage: 1,
    } as const;
    publish(TradesRequestNew.create(request), at);
    publish(fill('BUY', size, price, 'ENTRY'), at);
  };
  const of = (type: string) => log.filter((event) => event.type === type).map(({ payload }) => payload);
  return { bar, brain, enter, of, positions, venue };
}

describe('life of a position', () => {
  it('ends at the stop that rests at the venue: one decision, one close, nothing left', () => {
    const loop = createLoop();
    loop.bar(0, [100, 100, 100, 100]);
    loop.enter(10, 100, 98, MINUTE);
    loop.bar(1, [100, 101, 97, 97.5]);
    loop.bar(2, [97.5, 98, 90, 91]);

    expect(loop.of('exit.stop.triggered')).toMatchObject([{ stop_price: 98, trigger_price: 97, resting_at_venue: true }]);
    expect(loop.of('exit.decision.made').filter((one) => (one as ExitDecisionMadePayload).decision !== 'HOLD')).toHaveLength(1);
    expect(loop.of('position.closed')).toMatchObject([{ exit_price: 98, realized_pnl: -20.2, exit_reason: 'stop', mae_r: 1 }]);
    expect(loop.venue.size).toBe(0);
    expect(loop.brain.owned.get('XYZ')?.watch).toBeNull();
  });

  it('climbs the ladder, trails the rest and sells every lot once', () => {
    const loop = createLoop();
    loop.bar(0, [100, 100, 100, 100]);
    loop.enter(10, 100, 98, MINUTE);
    loop.bar(1, [100, 102.2, 100, 102.1]);
    loop.bar(2, [102.1, 103.2, 102.1, 103.1]);
    loop.bar(3, [103.1, 103.2, 101, 101.2]);

    expect(loop.of('trades.order.filled').map((one) => (one as { fill_size: number }).fill_size)).toEqual([10, 4, 3, 3]);
    expect(loop.of('position.closed')).toMatchObject([{ size: 10, exit_reason: 'stop' }]);
    const stops = loop.of('exit.stop.updated').map((one) => (one as ExitStopUpdatedPayload).new_stop);
    expect(stops).toEqual(stops.toSorted((a, b) => a - b));
    expect(loop.positions.symbols.get('XYZ')?.life).toBeNull();
  });

  it('opens a second life with its own stop after the first', () => {
    const loop = createLoop();
    loop.bar(0, [100, 100, 100, 100]);
    loop.enter(10, 100, 98, MINUTE);
    loop.bar(1, [100, 100, 97, 97]);
    loop.enter(5, 97, 95, 2 * MINUTE);
    loop.bar(2, [97, 97.5, 96, 97]);

    expect(new Set(loop.of('position.opened').map((one) => (one as PositionOpenedPayload).position_id)).size).toBe(2);
    expect(loop.brain.owned.get('XYZ')?.watch).toMatchObject({ stop: 95, sizeSteps: 5, ladderStep: 0 });
  });
});
