import { describe, expect, it } from 'vitest';
import type { CancelCause } from '../../../src/model/index.ts';
import {
  PaperVenue,
  resolvePaperVenueOptions,
  type OrderTerms,
  type SimulatedVenue,
  type VenueBook,
  type VenueCandle,
  type VenueReport,
  type VenueTick,
} from '../../../src/trading/execution/index.ts';
import { DAY, Harness, PLAIN, START } from './harness.ts';

/** A paper venue that can be made to misbehave. */
class BadVenue implements SimulatedVenue {
  readonly inner = new PaperVenue(resolvePaperVenueOptions(PLAIN.paper), {}, { tick: 0.01, step: 1, multiplier: 1 });
  /** Orders it refuses. */
  refuses: (terms: OrderTerms) => boolean = () => false;
  /** Orders it takes without asking the market, as a venue does that knows of a fill before we do. */
  takes: (terms: OrderTerms) => boolean = () => false;
  /** Signed size it claims to hold; null: what it holds. */
  claims: number | null = null;
  /** Said before the fills of the next market event. */
  readonly extra: VenueReport[] = [];

  submit(terms: OrderTerms, nowUs: number): readonly VenueReport[] {
    if (this.refuses(terms)) return [{ kind: 'rejected', clientOrderId: terms.clientOrderId, code: 'BUSY', reason: 'venue is busy' }];
    if (this.takes(terms)) return [{ kind: 'accepted', clientOrderId: terms.clientOrderId, orderId: `bad-${terms.clientOrderId}` }];
    return this.inner.submit(terms, nowUs);
  }

  cancel(symbol: string, clientOrderId: string, cause: CancelCause): readonly VenueReport[] {
    return this.inner.cancel(symbol, clientOrderId, cause);
  }

  positionSteps(symbol: string): number {
    return this.claims ?? this.inner.positionSteps(symbol);
  }

  onBook(book: VenueBook): void {
    this.inner.onBook(book);
  }

  *onTick(tick: VenueTick): Iterable<VenueReport> {
    yield* this.extra.splice(0);
    yield* this.inner.onTick(tick);
  }

  *onCandle(candle: VenueCandle): Iterable<VenueReport> {
    yield* this.inner.onCandle(candle);
  }
}

const closing = ({ intent }: OrderTerms): boolean => intent === 'EXIT' || intent === 'EMERGENCY';

function entered(): { h: Harness; venue: BadVenue } {
  const venue = new BadVenue();
  const h = new Harness(PLAIN, venue);
  h.enter();
  return { h, venue };
}

describe('exits that the venue rejects', () => {
  it('escalate from limit to market, emergency and panic, and are tried until the venue takes one', () => {
    const { h, venue } = entered();
    venue.refuses = closing;
    h.decide({ reason: 'time_exit' });

    for (let i = 1; i <= 8; i++) h.tick(100, { at: START + i * 3_000_000 });

    expect(h.all('exit.order.escalated').map(({ tactic, next_tactic, attempt }) => [attempt, tactic, next_tactic])).toEqual([
      [2, 'LIMIT', 'MARKET'],
      [4, 'MARKET', 'EMERGENCY_MARKET'],
      [6, 'EMERGENCY_MARKET', 'PANIC'],
    ]);
    expect(h.all('exit.order.failed')).toHaveLength(9);
    expect(h.all('system.panic_close')).toMatchObject([{ reason: 'EXIT_ESCALATION', issued_by: 'execution_engine' }]);
    expect(h.position()).toBe(10);
    venue.refuses = () => false;
    h.tick(100, { at: START + 60_000_000 });
    h.tick(99.5, { at: START + 61_000_000 });
    expect(h.position()).toBe(0);
  });

  it('wait between attempts, so that a burst of ticks is not a burst of orders', () => {
    const { h, venue } = entered();
    venue.refuses = closing;
    h.decide({ reason: 'panic' });

    for (let i = 0; i < 50; i++) h.tick(100, { at: START + i * 1_000 });

    expect(h.all('trades.order.rejected')).toHaveLength(1);
  });
});

describe('a venue that takes no stop', () => {
  it('makes an emergency exit of the entry', () => {
    const venue = new BadVenue();
    venue.refuses = ({ intent }) => intent === 'STOP';
    const h = new Harness(PLAIN, venue);

    h.enter();
    h.tick(99.9);

    expect(h.all('trades.order.submitted').map(({ intent }) => intent)).toEqual(['ENTRY', 'STOP', 'EMERGENCY']);
    expect(h.position()).toBe(0);
  });
});

describe('a venue that disagrees', () => {
  it('is reported when it fills more than was ordered, and the excess is not booked', () => {
    const venue = new BadVenue();
    const h = new Harness(PLAIN, venue);
    h.request();
    const id = h.all('trades.order.submitted')[0]?.['client_order_id'] as string;
    venue.extra.push({ kind: 'filled', clientOrderId: id, fillId: 'x', price: 100, sizeSteps: 11, liquidity: 'TAKER' });

    h.tick(100);

    expect(h.all('trades.reconciliation.mismatch')).toMatchObject([{ symbol: 'SPX', action: 'INVESTIGATE' }]);
    expect(h.state.counters.refusedFills).toBe(1);
    expect(h.position()).toBe(10);
  });

  it('is believed about a fill that crossed its cancellation, once, and the kill closes what it opened', () => {
    const venue = new BadVenue();
    const h = new Harness(PLAIN, venue);
    h.request();
    h.kill();
    const id = h.all('trades.order.submitted')[0]?.['client_order_id'] as string;
    const crossed: VenueReport = { kind: 'filled', clientOrderId: id, fillId: 'x', price: 100, sizeSteps: 4, liquidity: 'TAKER' };
    venue.extra.push(crossed, crossed);
    venue.takes = ({ reduceOnly }) => reduceOnly;
    venue.claims = 4;

    h.tick(100);

    expect(h.position()).toBe(4);
    expect(h.state.counters.duplicateFills).toBe(1);
    expect(h.all('trade.executed')).toMatchObject([{ size: 4, pnl: null }]);
    expect(h.live()).toMatchObject([
      { intent: 'EMERGENCY', sizeSteps: 4, reduceOnly: true },
      { intent: 'STOP', sizeSteps: 4 },
    ]);
  });

  it('cannot make the engine close what the venue does not have', () => {
    const venue = new BadVenue();
    const h = new Harness(PLAIN, venue);
    h.request();
    const id = h.all('trades.order.submitted')[0]?.['client_order_id'] as string;
    h.kill();
    venue.extra.push({ kind: 'filled', clientOrderId: id, fillId: 'x', price: 100, sizeSteps: 4, liquidity: 'TAKER' });

    h.tick(100);

    expect(h.all('trades.order.submitted').filter(({ intent }) => intent === 'EMERGENCY')).toEqual([]);
    expect(h.all('exit.order.failed')[0]).toMatchObject({ reason: 'venue reports no position' });
  });

  it('is counted when it speaks of an order that nobody sent or moves one that has ended', () => {
    const { h, venue } = entered();
    const id = h.all('trades.order.submitted')[0]?.['client_order_id'] as string;
    venue.extra.push(
      { kind: 'cancelled', clientOrderId: 'nobody', cause: 'VENUE' },
      { kind: 'rejected', clientOrderId: id, code: 'X', reason: 'late' },
    );

    h.tick(100);

    expect(h.state.counters).toMatchObject({ unknownReports: 1, illegalMoves: 1 });
    expect(h.all('trades.order.rejected')).toEqual([]);
  });
});

describe('late and doubled input', () => {
  it('bars of a longer timeframe that repeat the same trades fill nothing', () => {
    const h = new Harness();
    h.candle({ open: 100, high: 100, low: 100, close: 100 }, START, START + 3_600_000_000, 'SPX', '1h');
    h.enter();

    h.candle({ open: 100, high: 120, low: 80, close: 100 }, h.now, h.now + DAY);

    expect(h.position()).toBe(10);
  });
});
