import type { EventInput, QtEvent } from '../../../src/event/index.ts';
import {
  ExitDecisionMade,
  ExitStopTriggered,
  ExitStopUpdated,
  MarketCandleNew,
  MarketTickPrice,
  PositionOpened,
  RiskKillSwitchActivated,
  SystemPanicClose,
  TradesRequestNew,
  type ExitDecisionMadePayload,
  type TradesRequestNewPayload,
} from '../../../src/model/index.ts';
import {
  createExecutionState,
  resolveExecutionOptions,
  step,
  type Door,
  type ExecutionOptions,
  type ExecutionState,
  type SimulatedVenue,
  type Venue,
} from '../../../src/trading/execution/index.ts';

/** Midnight of 2020-01-01, and one day. */
export const START = 1_577_836_800_000_000;
export const DAY = 86_400_000_000;
export const MINUTE = 60_000_000;

export const openDoor: Door = { onEvaluation: () => {}, onSafety: () => {}, check: () => ({ ok: true }) };

/** No spread and no slippage, so that prices in tests can be read off the bars. */
export const PLAIN: ExecutionOptions = {
  mode: 'backtest',
  charges: 'none',
  defaultInstrument: { tick: 0.01, step: 1, multiplier: 1 },
  paper: { spreadBps: 0, slippage: { model: 'none' } },
};

export interface Bar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume?: number;
}

export interface Out {
  readonly type: string;
  readonly payload: Record<string, unknown>;
  readonly timestamp: number;
  readonly source: string | undefined;
}

/**
 * An execution engine with a bus of one: gives each event its `seq`, keeps what comes out, and answers the first entry fill
 * with `position.opened` as the position state does.
 */
export class Harness {
  readonly state: ExecutionState;
  readonly log: Out[] = [];
  readonly events: QtEvent<object>[] = [];
  now = START;
  seq = 0;
  readonly #positions = new Map<string, number>();
  readonly #signed = new Map<string, number>();

  constructor(options: ExecutionOptions = PLAIN, venue?: Venue | SimulatedVenue, door: Door = openDoor) {
    this.state = createExecutionState(resolveExecutionOptions(options), venue === undefined ? { door } : { door, venue });
  }

  give(draft: EventInput, timestamp = this.now): Out[] {
    this.now = Math.max(this.now, timestamp);
    const symbol = (draft.payload as { symbol?: string }).symbol;
    const event = {
      type: draft.type,
      seq: ++this.seq,
      timestamp,
      key: symbol ?? 'acct:main',
      payload: draft.payload,
    } as unknown as QtEvent<object>;
    return this.deliver(event);
  }

  deliver(event: QtEvent<object>): Out[] {
    this.events.push(event);
    const out = step(this.state, event).map((derived) => ({
      type: derived.type,
      payload: derived.payload as Record<string, unknown>,
      timestamp: event.timestamp,
      source: derived.source,
    }));
    this.log.push(...out);
    this.#follow(out);
    return out;
  }

  /** Signed size by fills, as anyone who listens would count it. */
  position(symbol = 'SPX'): number {
    return this.#signed.get(symbol) ?? 0;
  }

  positionId(symbol = 'SPX'): string {
    return this.state.desks.get(symbol)?.holding?.positionId ?? 'none';
  }

  all(type: string): Record<string, unknown>[] {
    return this.log.filter((out) => out.type === type).map((out) => out.payload);
  }

  types(out: readonly Out[]): string[] {
    return out.map(({ type }) => type);
  }

  tick(price: number, options: { symbol?: string; low?: number; high?: number; at?: number } = {}): Out[] {
    const { symbol = 'SPX', at = this.now, ...range } = options;
    return this.give(MarketTickPrice.create({ symbol, price, ...range }), at);
  }

  candle(bar: Bar, openTime: number, closeTime: number, symbol = 'SPX', timeframe: '1d' | '1h' | '1m' = '1d'): Out[] {
    const { open, high, low, close, volume = 0 } = bar;
    return this.give(
      MarketCandleNew.create({ symbol, timeframe, open, high, low, close, volume, open_time: openTime, backfilled: false }),
      closeTime,
    );
  }

  /** One recorded bar: its opening tick, then the closed candle a day later. */
  bar(bar: Bar, symbol = 'SPX'): Out[] {
    const openTime = this.now;
    return [...this.tick(bar.open, { symbol, at: openTime }), ...this.candle(bar, openTime, openTime + DAY, symbol)];
  }

  request(given: Partial<TradesRequestNewPayload> = {}): Out[] {
    return this.give(this.requestDraft(given));
  }

  requestDraft(given: Partial<TradesRequestNewPayload> = {}): EventInput {
    return TradesRequestNew.create({
      request_id: `req_${this.seq + 1}`,
      evaluation_id: `ev_${this.seq + 1}`,
      symbol: 'SPX',
      direction: 'LONG',
      size: 10,
      entry_price: 100,
      stop_loss: 98,
      risk_amount: 20,
      risk_percent: 0.2,
      signal_id: 'sig_1',
      strategy_id: 'ema_cross',
      type: 'MARKET',
      expires_at: this.now + 30_000_000,
      leverage: 1,
      ...given,
    });
  }

  decide(given: Partial<ExitDecisionMadePayload> = {}): Out[] {
    const symbol = given.symbol ?? 'SPX';
    return this.give(
      ExitDecisionMade.create({
        position_id: this.positionId(symbol),
        symbol,
        decision: 'EXIT_FULL',
        reason: 'time_exit',
        priority: 'HIGH',
        decision_id: `dec_${this.seq + 1}`,
        rule: 'test',
        ...given,
      }),
    );
  }

  moveStop(stop: number): Out[] {
    return this.give(
      ExitStopUpdated.create({ position_id: this.positionId(), symbol: 'SPX', old_stop: null, new_stop: stop, cause: 'trailing' }),
    );
  }

  stopHit(stop: number, price: number): Out[] {
    return this.give(
      ExitStopTriggered.create({
        position_id: this.positionId(),
        symbol: 'SPX',
        trigger_price: price,
        stop_price: stop,
        resting_at_venue: true,
      }),
    );
  }

  kill(id = 'ks_1'): Out[] {
    return this.give(
      RiskKillSwitchActivated.create({
        trigger: 'manual',
        trigger_value: 1,
        threshold: 1,
        severity: 'CRITICAL',
        action_taken: 'flatten',
        human_override_required: true,
        unit: 'count',
        kill_switch_id: id,
        latched_at: this.now,
        drill: false,
      }),
    );
  }

  panic(id = 'panic_1'): Out[] {
    return this.give(SystemPanicClose.create({ event_id: id, reason: 'MANUAL', severity: 'CRITICAL', issued_by: 'ops' }));
  }

  /** Orders that the engine believes alive. */
  live(symbol = 'SPX'): {
    intent: string;
    type: string;
    side: string;
    reduceOnly: boolean;
    sizeSteps: number;
    triggerPrice: number | null;
    limitPrice: number | null;
  }[] {
    const terminal = new Set(['DENIED', 'LOGGED', 'FILLED', 'CANCELLED', 'EXPIRED', 'REJECTED']);
    return [...(this.state.desks.get(symbol)?.orders.values() ?? [])].filter(({ state }) => !terminal.has(state)).map(({ terms }) => terms);
  }

  /** Enters at the open of a quiet bar, so that a position of 10 from 100 with its stop at 98 stands. */
  enter(given: Partial<TradesRequestNewPayload> = {}): void {
    this.request(given);
    this.tick(100, { symbol: given.symbol ?? 'SPX' });
  }

  #follow(out: readonly Out[]): void {
    for (const { type, payload } of out) {
      if (type !== 'trades.order.filled' && type !== 'trades.order.partially_filled') continue;
      const symbol = payload['symbol'] as string;
      const before = this.position(symbol);
      const after = before + (payload['side'] === 'BUY' ? 1 : -1) * (payload['fill_size'] as number);
      this.#signed.set(symbol, after);
      if (before !== 0 || after === 0) continue;
      const life = (this.#positions.get(symbol) ?? 0) + 1;
      this.#positions.set(symbol, life);
      this.give(
        PositionOpened.create({
          position_id: symbol === 'SPX' ? `pos_${life}` : `pos_${symbol}_${life}`,
          symbol,
          direction: after > 0 ? 'LONG' : 'SHORT',
          size: Math.abs(after),
          entry_price: payload['fill_price'] as number,
          stop_loss: null,
          risk_amount: null,
          mode: this.state.options.mode,
        }),
      );
    }
  }
}
