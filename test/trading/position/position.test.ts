import { describe, expect, it } from 'vitest';
import { PositionClosed, PositionOpened, PositionStateUpdate, TradesOrderFilled } from '../../../src/model/index.ts';
import { positionStateComponent, resolvePositionStateOptions } from '../../../src/trading/position/index.ts';
import { silentLogger } from '../../../src/base/index.ts';
import type { EventInput, HandlerContext, QtEvent } from '../../../src/event/index.ts';
import { onEvent, setup } from '../../../src/trading/position/handler.ts';
import { createDesk, payloadOf, SECOND, typesOf } from './_fixture.ts';

const opened = PositionOpened.type;
const closed = PositionClosed.type;
const updated = PositionStateUpdate.type;

describe('position state', () => {
  it('nets two buys and a larger sell into a closed LONG and a new SHORT (W20)', () => {
    const desk = createDesk();
    desk.request('LONG', 95);
    const first = payloadOf(desk.fill('BUY', 2, 100), opened);
    const average = payloadOf(desk.fill('BUY', 1, 103), updated);
    desk.request('SHORT', 108, 'req2');

    const out = desk.fill('SELL', 5, 105, { request: 'req2' });

    expect(average.entry_price).toBe(101);
    expect(typesOf(out)).toEqual([closed, opened, updated]);
    expect(payloadOf(out, closed)).toMatchObject({ realized_pnl: 12, size: 3, entry_price: 101, exit_price: 105, exit_reason: 'reversed' });
    const second = payloadOf(out, opened);
    expect(second).toMatchObject({ direction: 'SHORT', size: 2, entry_price: 105, stop_loss: 108 });
    expect(second.position_id).not.toBe(first.position_id);
  });

  it('carries the stop, signal, strategy and risk of its request', () => {
    const desk = createDesk();
    desk.request('LONG', 98);

    const out = desk.fill('BUY', 10, 100);

    expect(payloadOf(out, opened)).toMatchObject({
      stop_loss: 98,
      signal_id: 'sig',
      strategy_id: 'rsi',
      risk_amount: 20,
      mode: 'backtest',
    });
    expect(payloadOf(out, updated)).toMatchObject({ stop_loss: 98, initial_stop: 98, r_multiple: 0 });
  });

  it('opens without a stop when no request is known, and says so with null', () => {
    const out = createDesk().fill('BUY', 1, 100);

    expect(payloadOf(out, opened)).toMatchObject({ stop_loss: null, risk_amount: null });
    expect(payloadOf(out, updated)).toMatchObject({ stop_loss: null, r_multiple: null });
  });

  it('gives an exit that went through zero no stop of the position it closed', () => {
    const desk = createDesk();
    desk.request('LONG', 98);
    desk.fill('BUY', 2, 100);

    const out = desk.fill('SELL', 3, 101, { intent: 'EXIT' });

    expect(payloadOf(out, opened)).toMatchObject({ direction: 'SHORT', size: 1, stop_loss: null });
  });

  it('charges the entry fee to realized P&L and keeps the average on a reduce', () => {
    const desk = createDesk();
    desk.request('LONG', 98);
    desk.fill('BUY', 4, 100, { fees: 0.5 });
    const reduced = payloadOf(desk.fill('SELL', 1, 103, { fees: 0.25, intent: 'EXIT' }), updated);

    const out = desk.fill('SELL', 3, 104, { fees: 0.25, intent: 'EXIT', at: 90 * SECOND });

    expect(reduced).toMatchObject({ entry_price: 100, size: 3 });
    expect(payloadOf(out, closed)).toMatchObject({ realized_pnl: 14, fees: 1, size: 4, exit_price: 103.75, hold_duration_seconds: 90 });
    expect(payloadOf(out, closed)).toMatchObject({ r_multiple: 14 / 8, realized_pnl_percent: 3.5 });
  });

  it('counts a fill once per fill id', () => {
    const desk = createDesk();
    desk.fill('BUY', 2, 100, { id: 'same' });

    const out = desk.fill('BUY', 2, 100, { id: 'same' });

    expect(out).toEqual([]);
    expect(desk.state.symbols.get('XYZ')?.life?.ledger.steps).toBe(2);
  });

  it('ignores an event it has already handled', () => {
    const desk = createDesk();
    desk.fill('BUY', 1, 100);
    const first = desk.tick(101, 2 * SECOND);

    const again = desk.redeliver();

    expect(typesOf(first)).toEqual([updated]);
    expect(again).toEqual([]);
  });

  it('refuses a fill that is off the grid and changes nothing', () => {
    const desk = createDesk();

    expect(() => desk.fill('BUY', 1.5, 100, { id: 'x' })).toThrow(expect.objectContaining({ code: 'QT_MODEL_OFF_GRID' }));

    expect(desk.state.symbols.get('XYZ')?.life).toBeNull();
    expect(typesOf(desk.fill('BUY', 1, 100, { id: 'x' }))).toEqual([opened, updated]);
  });

  it('names the reason of the order that closed, else of the last decision', () => {
    const byStop = createDesk();
    byStop.fill('BUY', 1, 100);
    const byDecision = createDesk();
    const id = String(payloadOf(byDecision.fill('BUY', 1, 100), opened).position_id);
    byDecision.decideExit(id, 'take_profit');

    expect(payloadOf(byStop.fill('SELL', 1, 98, { intent: 'STOP' }), closed).exit_reason).toBe('stop');
    expect(payloadOf(byDecision.fill('SELL', 1, 104, { intent: 'EXIT' }), closed).exit_reason).toBe('take_profit');
  });

  it('takes a tighter stop at once and never a wider one', () => {
    const desk = createDesk();
    desk.request('LONG', 98);
    const id = String(payloadOf(desk.fill('BUY', 1, 100), opened).position_id);

    expect(payloadOf(desk.moveStop(id, 98, 99), updated)).toMatchObject({ stop_loss: 99, initial_stop: 98 });
    expect(desk.moveStop(id, 99, 97)).toEqual([]);
    expect(desk.moveStop('pos_other', 99, 99.5)).toEqual([]);
  });

  it('opens the position at the first fill, not at the request (C54)', () => {
    const desk = createDesk();

    expect(desk.request('LONG', 98)).toEqual([]);
    expect(desk.tick(101, SECOND)).toEqual([]);
  });

  it('stamps the mode and refuses options out of range', () => {
    const desk = createDesk({ mode: 'paper' });

    expect(payloadOf(desk.fill('BUY', 1, 100), opened).mode).toBe('paper');
    expect(() => resolvePositionStateOptions({ markEveryUs: -1 })).toThrow(/markEveryUs/);
    expect(positionStateComponent()).toMatchObject({ name: 'position_state_service', owner: 'symbol', broadcast: [] });
  });
});

describe('position state handler', () => {
  it('publishes what the core books', () => {
    const published: EventInput[] = [];
    const state = setup({ mode: 'paper' }, { group: 'position_state_service', member: 0, logger: silentLogger });
    const ctx = { state, publish: (event: EventInput) => published.push(event) } as unknown as HandlerContext<typeof state>;
    const fill = {
      request_id: 'r',
      order_id: 'o',
      fill_id: 'f',
      symbol: 'XYZ',
      fill_price: 100,
      fill_size: 1,
      fees: 0,
      client_order_id: 'c',
      side: 'BUY',
      intent: 'ENTRY',
      cumulative_size: 1,
      remaining_size: 0,
      liquidity: 'TAKER',
      decision_price: 100,
      fee_currency: 'USD',
    } as const;

    onEvent({ type: TradesOrderFilled.type, payload: fill, seq: 1, timestamp: 1, key: 'XYZ' } as unknown as QtEvent, ctx);

    expect(published.map(({ type }) => type)).toEqual([opened, updated]);
  });
});

describe('position monitor', () => {
  it('publishes marks at most once a second, and at once when the result crosses half an R', () => {
    const desk = createDesk();
    desk.request('LONG', 98);
    desk.fill('BUY', 1, 100);

    expect(desk.tick(100.5, SECOND / 2)).toEqual([]);
    expect(payloadOf(desk.tick(101, (SECOND * 6) / 10), updated).r_multiple).toBe(0.5);
    expect(desk.tick(101.5, (SECOND * 7) / 10)).toEqual([]);
    expect(payloadOf(desk.tick(101.4, (SECOND * 16) / 10), updated)).toMatchObject({ current_price: 101.4, unrealized_pnl: 1.4 });
  });

  it('publishes no mark older than the last', () => {
    const desk = createDesk();
    desk.fill('BUY', 1, 100, { at: 10 * SECOND });

    expect(desk.tick(90, 9 * SECOND)).toEqual([]);
  });

  it('measures excursions in R from the extremes of bars inside the life of the position', () => {
    const desk = createDesk();
    desk.request('LONG', 98);
    desk.fill('BUY', 1, 100, { at: 60 * SECOND });
    desk.candle(100, 150, 50, 101, 90 * SECOND, 0);
    desk.candle(101, 103, 99, 102, 120 * SECOND, 60 * SECOND);

    const out = desk.fill('SELL', 1, 102, { intent: 'EXIT', at: 120 * SECOND });

    expect(payloadOf(out, closed)).toMatchObject({ mae_r: 0.5, mfe_r: 1.5, r_multiple: 1 });
  });

  it('ends the excursion of a bar at the stop that it reached', () => {
    const desk = createDesk();
    desk.request('LONG', 98);
    desk.fill('BUY', 1, 100);
    desk.candle(100, 110, 90, 91, 60 * SECOND, 0);

    const out = desk.fill('SELL', 1, 98, { intent: 'STOP', at: 60 * SECOND });

    expect(payloadOf(out, closed)).toMatchObject({ mae_r: 1, mfe_r: 0, r_multiple: -1, exit_reason: 'stop' });
  });
});
