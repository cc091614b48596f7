import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { definitionOf, type EventInput, type QtEvent } from '../../../src/event/index.ts';
import { ExitDecisionMade, MarketCandleNew, MarketTickPrice, TradesRequestNew } from '../../../src/model/index.ts';
import { createExecutionState, resolveExecutionOptions, step as execute } from '../../../src/trading/execution/index.ts';
import { createPositionState, step as keep } from '../../../src/trading/position/index.ts';
import { DAY, openDoor, START } from './harness.ts';

/** The execution engine and the position service on a bus of one: every event goes to both, in order. */
class Market {
  readonly execution = createExecutionState(resolveExecutionOptions({ mode: 'backtest', charges: 'us_equity' }), { door: openDoor });
  readonly positions = createPositionState({ mode: 'backtest' });
  readonly log: QtEvent[] = [];
  now = START;

  give(draft: EventInput): void {
    const queue: { draft: EventInput; cause: QtEvent | null }[] = [{ draft, cause: null }];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const seq = this.log.length + 1;
      const { type, payload } = next.draft;
      const key = next.draft.key ?? definitionOf(type)?.keyOf?.(payload) ?? null;
      const event = {
        type,
        payload,
        key,
        seq,
        timestamp: this.now,
        id: `t-${seq}`,
        runId: 't',
        emitIndex: 0,
        causeSeq: next.cause?.seq ?? 0,
      } as unknown as QtEvent;
      this.log.push(event);
      for (const derived of [...execute(this.execution, event), ...keep(this.positions, event)])
        queue.push({ draft: derived, cause: event });
    }
  }

  bar(open: number, range: number): void {
    const openTime = this.now;
    this.give(MarketTickPrice.create({ symbol: 'SPX', price: open }));
    this.now += DAY;
    const bar = { open, high: open + range, low: open - range, close: open, volume: 0, open_time: openTime };
    this.give(MarketCandleNew.create({ symbol: 'SPX', timeframe: '1d', ...bar }));
  }

  payloads(type: string): Record<string, unknown>[] {
    return this.log.filter((event) => event.type === type).map(({ payload }) => payload);
  }
}

const day = fc.record({
  open: fc.integer({ min: 95, max: 105 }),
  range: fc.integer({ min: 0, max: 3 }),
  enter: fc.option(fc.record({ long: fc.boolean(), size: fc.integer({ min: 1, max: 50 }) })),
  exit: fc.option(fc.integer({ min: 10, max: 100 })),
});

it('The execution engine and the position service agree on every position and every cent of it', () => {
  let closed = 0;
  fc.assert(
    fc.property(fc.array(day, { minLength: 20, maxLength: 40, size: 'max' }), (days) => {
      const market = new Market();
      days.forEach(({ open, range, enter, exit }, index) => {
        market.bar(open, range);
        const holding = market.execution.desks.get('SPX')?.holding ?? null;
        const positionId = holding?.positionId ?? null;
        if (holding !== null) expect(positionId, 'the position is known by its name').not.toBeNull();
        if (positionId !== null && exit !== null) {
          const decision =
            exit === 100
              ? ({ decision: 'EXIT_FULL', reason: 'human' } as const)
              : ({ decision: 'EXIT_PARTIAL', reason: 'partial', exit_percent: exit } as const);
          market.give(
            ExitDecisionMade.create({
              position_id: positionId,
              symbol: 'SPX',
              priority: 'HIGH',
              decision_id: `d_${index}`,
              rule: 'test',
              ...decision,
            }),
          );
        }
        if (enter === null) return;
        market.give(
          TradesRequestNew.create({
            request_id: `req_${index}`,
            evaluation_id: `ev_${index}`,
            symbol: 'SPX',
            direction: enter.long ? 'LONG' : 'SHORT',
            size: enter.size,
            entry_price: open,
            stop_loss: enter.long ? open - 2 : open + 2,
            risk_amount: 1,
            risk_percent: 1,
            signal_id: 's',
            strategy_id: 'x',
            type: 'MARKET',
            expires_at: market.now + 30_000_000,
            leverage: 1,
          }),
        );
      });
      // The last entry fills, then everything is closed.
      market.bar(100, 0);
      const id = market.execution.desks.get('SPX')?.holding?.positionId ?? null;
      if (id !== null)
        market.give(
          ExitDecisionMade.create({
            position_id: id,
            symbol: 'SPX',
            priority: 'URGENT',
            decision: 'EXIT_FULL',
            reason: 'kill_switch',
            decision_id: 'last',
            rule: 'test',
          }),
        );
      market.bar(100, 0);

      const sum = (values: unknown[]): number => values.reduce<number>((total, value) => total + ((value as number | null) ?? 0), 0);
      const positions = market.payloads('position.closed');
      closed += positions.length;
      expect(market.payloads('position.opened').length).toBe(positions.length);
      expect(sum(market.payloads('trade.executed').map(({ pnl }) => pnl))).toBeCloseTo(
        sum(positions.map(({ realized_pnl }) => realized_pnl)),
        5,
      );
    }),
    { numRuns: 60 },
  );
  expect(closed).toBeGreaterThan(60);
});
