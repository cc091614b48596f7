/** Events that make trades, and what a database says of them. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { EventDraft, EventInput, QtEvent } from '../../src/event/index.ts';
import {
  MarketTickPrice,
  PositionClosed,
  PositionOpened,
  PositionStateUpdate,
  RiskEvaluationComplete,
  SignalGenerated,
  SignalsAdvisoryNew,
  SystemDeadletterAdded,
  SystemDeadletterRemoved,
  TradesOrderAccepted,
  TradesOrderFilled,
  TradesOrderPartiallyFilled,
  TradesOrderSubmitted,
} from '../../src/model/index.ts';
import { openEventDatabase } from '../../src/observe/index.ts';

export const START_US = Date.UTC(2026, 0, 5, 12) * 1000;
const MINUTE_US = 60_000_000;

/** A folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'qt-sql-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The events of the n-th trade: every third is vetoed, every seventh leaves a dead letter, all come with an unknown type. */
export function lifeOf(n: number): (EventDraft<object> | EventInput)[] {
  const timestamp = START_US + n * MINUTE_US;
  const [symbol, signal_id, order_id, position_id] = [`SYM${n % 3}`, `sig-${n}`, `o-${n}`, `pos-${n}`];
  const at = { timestamp };
  const isVetoed = n % 3 === 0;
  const order = { request_id: `req-${n}`, order_id, symbol, client_order_id: order_id };
  const fill = { ...order, fees: 0.5, side: 'BUY', intent: 'ENTRY', liquidity: 'TAKER', decision_price: 100, fee_currency: 'USD' } as const;
  const letter = { letter_id: `dl-${n}`, event_id: `run-${n}`, event_seq: n, type: MarketTickPrice.type, group: 'slow', reason: 'RETRIES' };
  const held = { position_id, symbol, direction: 'LONG', entry_price: 100 } as const;
  return [
    MarketTickPrice.create({ symbol, price: 100 + (n % 10), low: 99, high: 111, size: 1, count: 1 }, at),
    { type: 'outside.thing.seen', payload: { n, text: `thing "${n}"`, deep: { list: [1, null, 'x'] } }, timestamp },
    SignalGenerated.create(
      {
        signal_id,
        symbol,
        strategy: 'trend',
        action: 'BUY',
        entry_price: 100,
        stop_loss: 98,
        target: 106,
        signal_strength: 7,
        expected_move_pct: 6,
        timeframe: '1m',
        metadata: {},
      },
      at,
    ),
    SignalsAdvisoryNew.create(
      {
        signal_id,
        symbol,
        edge_score: 70,
        confidence: 0.8,
        regime_fit: true,
        regime: 'TRENDING',
        recommended_action: 'LONG',
        reasoning: 'trend',
        model_version: 'm1',
        execution_power: 'NONE',
      },
      at,
    ),
    RiskEvaluationComplete.create(
      {
        evaluation_id: `ev-${n}`,
        signal_id,
        decision: isVetoed ? 'VETOED' : 'APPROVED',
        ...(isVetoed ? { veto_reason: 'DRAWDOWN' } : {}),
        risk_dimensions: { trade_risk_passed: true, daily_risk_passed: true, drawdown_passed: !isVetoed, system_integrity_passed: true },
        checks: [],
        policy_version: 1,
        expires_at: timestamp,
      },
      at,
    ),
    ...(isVetoed
      ? []
      : [
          TradesOrderSubmitted.create(
            { ...order, side: 'BUY', type: 'LIMIT', size: 3, price: 100, intent: 'ENTRY', reduce_only: false, time_in_force: 'GTC' },
            at,
          ),
          TradesOrderAccepted.create(order, at),
          TradesOrderPartiallyFilled.create(
            { ...fill, fill_id: `f-${n}-1`, fill_price: 100, fill_size: 1, cumulative_size: 1, remaining_size: 2 },
            at,
          ),
          TradesOrderFilled.create(
            { ...fill, fill_id: `f-${n}-2`, fill_price: 100, fill_size: 2, cumulative_size: 3, remaining_size: 0 },
            at,
          ),
          PositionOpened.create({ ...held, size: 3, stop_loss: 98, risk_amount: 6, signal_id, strategy_id: 'trend' }, at),
          PositionStateUpdate.create(
            {
              ...held,
              size: 3,
              current_price: 101,
              unrealized_pnl: 3,
              unrealized_pnl_percent: 1,
              stop_loss: 99,
              age_seconds: 60,
              initial_stop: 98,
              r_multiple: 0.5,
              high_water: 101,
              low_water: 100,
              mode: 'paper',
              mark_at: timestamp,
            },
            at,
          ),
          // The last trade of each five stays open.
          ...(n % 5 === 4
            ? []
            : [
                PositionClosed.create(
                  {
                    ...held,
                    exit_price: 102,
                    size: 3,
                    realized_pnl: 5,
                    realized_pnl_percent: 1.6,
                    hold_duration_seconds: 60,
                    exit_reason: 'take_profit',
                    r_multiple: 0.8,
                    fees: 1,
                    strategy_id: 'trend',
                  },
                  at,
                ),
              ]),
        ]),
    ...(n % 7 === 0
      ? [
          SystemDeadletterAdded.create(
            { ...letter, attempts: 4, code: 'QT_X', message: 'no', dead_at: timestamp, failures: [{ attempt: 1 }], event: {} },
            at,
          ),
          ...(n % 14 === 0 ? [SystemDeadletterRemoved.create({ letter_id: letter.letter_id, cause: 'REDRIVEN' }, at)] : []),
        ]
      : []),
  ];
}

/** The lives of so many trades as a bus would have published them, from seq 1 on. */
export function livesOf(trades: number): QtEvent<object>[] {
  return Array.from({ length: trades }, (_, n) => lifeOf(n))
    .flat()
    .map((draft, i) => toEvent(draft, i + 1));
}

/** A draft as a published event. */
export function toEvent(draft: { type: string; payload: object; timestamp?: number | undefined }, seq: number): QtEvent<object> {
  const { payload, timestamp = START_US, type } = draft;
  const id = `run-${seq}`;
  const ids = { id, correlationId: id, causationId: null, causeSeq: 0, emitIndex: 0, runId: 'run' };
  return { type, payload, seq, timestamp, tsInitUs: timestamp + 1, v: 1, priority: 'NORMAL', key: null, source: 'test', ...ids };
}

/** A database with these events, in transactions of so many. */
export function fill(path: string, events: readonly QtEvent<object>[], perCommit = 50): void {
  using database = openEventDatabase(path);
  for (const event of events) {
    database.add(event);
    if (event.seq % perCommit === 0) database.commit(event.seq);
  }
  database.commit(events.at(-1)?.seq ?? 0);
}

/** Rows of a query, as another program reads them. */
export function query(path: string, sql: string): Record<string, unknown>[] {
  const connection = new DatabaseSync(path, { readOnly: true });
  try {
    return connection
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    connection.close();
  }
}

export const TABLES = ['events', 'orders', 'fills', 'positions', 'signals', 'decisions', 'dead_letters', 'journal_cursor'];

/** A hash of each table: equal contents, equal hashes. */
export function hashesOf(path: string): Record<string, string> {
  return Object.fromEntries(
    TABLES.map((table) => {
      const hash = createHash('sha256');
      for (const row of query(path, `SELECT * FROM ${table} ORDER BY 1`)) hash.update(JSON.stringify(row));
      return [table, hash.digest('hex')];
    }),
  );
}
