import { RiskDailyStatusUpdate, SystemRunEnded, SystemRunStarted } from '../../model/index.ts';

/*
 * Version 1. Times are integer microseconds since 1970 UTC (`..._us`); `time` is the same as ISO 8601, made when it is
 * asked for. Only `events` and `journal_cursor` hold anything of their own: the other tables follow from `events` and can
 * be made anew from it, and `seq`, or `last_seq`, leads back to it.
 *
 * `events` is STRICT. The others are not, because a program may publish what it likes under a name of the catalogue, and
 * that must not stop the logger.
 */
const TIME = "strftime('%Y-%m-%dT%H:%M:%fZ', ts_us / 1000000.0, 'unixepoch')";
const TABLES = `
CREATE TABLE journal_cursor (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  journal_id TEXT,
  last_seq INTEGER NOT NULL
) STRICT;
INSERT INTO journal_cursor VALUES (1, NULL, 0);

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  type TEXT NOT NULL,
  ts_us INTEGER NOT NULL,
  ts_init_us INTEGER NOT NULL,
  key TEXT,
  priority TEXT NOT NULL,
  source TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  causation_id TEXT,
  cause_seq INTEGER NOT NULL,
  emit_index INTEGER NOT NULL,
  run_id TEXT NOT NULL,
  v INTEGER NOT NULL,
  payload TEXT NOT NULL,
  id TEXT GENERATED ALWAYS AS (run_id || '-' || seq) VIRTUAL,
  time TEXT GENERATED ALWAYS AS (${TIME}) VIRTUAL
) STRICT;
CREATE INDEX events_by_type ON events (type, seq);
CREATE INDEX events_by_cause ON events (cause_seq) WHERE cause_seq > 0;

CREATE TABLE orders (
  client_order_id TEXT PRIMARY KEY,
  order_id TEXT, request_id TEXT, position_id TEXT, strategy_id TEXT, symbol TEXT,
  side TEXT, type TEXT, intent TEXT, time_in_force TEXT, reduce_only INTEGER,
  size REAL, price REAL, trigger_price REAL,
  status TEXT, reason TEXT,
  filled_size REAL, average_price REAL, fees REAL, pnl REAL,
  submitted_us INTEGER, updated_us INTEGER, last_seq INTEGER
) WITHOUT ROWID;
CREATE INDEX orders_by_order_id ON orders (order_id);
CREATE INDEX orders_by_position ON orders (position_id);

CREATE TABLE fills (
  seq INTEGER PRIMARY KEY,
  fill_id TEXT, order_id TEXT, client_order_id TEXT, request_id TEXT,
  symbol TEXT, side TEXT, intent TEXT, liquidity TEXT,
  price REAL, size REAL, fees REAL, fee_currency TEXT, decision_price REAL,
  ts_us INTEGER,
  time TEXT GENERATED ALWAYS AS (${TIME}) VIRTUAL
);
CREATE INDEX fills_by_order ON fills (client_order_id);
CREATE INDEX fills_by_request ON fills (request_id);

CREATE TABLE positions (
  position_id TEXT PRIMARY KEY,
  symbol TEXT, direction TEXT, status TEXT, mode TEXT, signal_id TEXT, strategy_id TEXT,
  size REAL, entry_price REAL, current_price REAL, unrealized_pnl REAL,
  stop_loss REAL, initial_stop REAL, risk_amount REAL, entry_regime TEXT,
  exit_price REAL, exit_reason TEXT, realized_pnl REAL, realized_pnl_percent REAL, fees REAL,
  r_multiple REAL, mae_r REAL, mfe_r REAL, hold_seconds INTEGER,
  opened_us INTEGER, closed_us INTEGER, updated_us INTEGER, last_seq INTEGER
) WITHOUT ROWID;
CREATE INDEX positions_by_status ON positions (status, closed_us);

CREATE TABLE signals (
  signal_id TEXT PRIMARY KEY,
  symbol TEXT, strategy_id TEXT, signal_type TEXT, action TEXT, timeframe TEXT,
  entry_price REAL, stop_loss REAL, target REAL, strength REAL,
  edge_score REAL, confidence REAL, regime TEXT, model_version TEXT,
  evaluation_id TEXT, order_id TEXT,
  status TEXT, reason TEXT, exit_price REAL, pnl REAL,
  generated_us INTEGER, updated_us INTEGER, last_seq INTEGER
) WITHOUT ROWID;

CREATE TABLE decisions (
  seq INTEGER PRIMARY KEY,
  kind TEXT, outcome TEXT, reason TEXT, symbol TEXT,
  signal_id TEXT, evaluation_id TEXT, request_id TEXT, position_id TEXT,
  ts_us INTEGER,
  time TEXT GENERATED ALWAYS AS (${TIME}) VIRTUAL
);
CREATE INDEX decisions_by_kind ON decisions (kind, outcome);

CREATE TABLE dead_letters (
  letter_id TEXT PRIMARY KEY,
  event_id TEXT, event_seq INTEGER, event_type TEXT, group_name TEXT,
  reason TEXT, attempts INTEGER, error_code TEXT, error_message TEXT,
  failures TEXT, event TEXT,
  status TEXT, dead_us INTEGER, updated_us INTEGER, last_seq INTEGER
) WITHOUT ROWID;
`;

const VIEWS = `
CREATE VIEW event_counts AS
  SELECT type, count(*) AS events, min(seq) AS first_seq, max(seq) AS last_seq FROM events GROUP BY type;

CREATE VIEW runs AS
  SELECT s.run_id, s.payload ->> 'mode' AS mode, s.payload ->> 'account_currency' AS currency, s.time AS started,
    e.time AS ended, e.payload ->> 'outcome' AS outcome, e.payload ->> 'final_hash' AS decision_hash
  FROM events s LEFT JOIN events e ON e.type = '${SystemRunEnded.type}' AND e.run_id = s.run_id AND e.seq > s.seq
  WHERE s.type = '${SystemRunStarted.type}';

CREATE VIEW open_orders AS
  SELECT * FROM orders WHERE status NOT IN ('FILLED', 'REJECTED', 'CANCELLED', 'EXPIRED', 'LOGGED');

CREATE VIEW open_positions AS SELECT * FROM positions WHERE status = 'OPEN';

CREATE VIEW pnl_per_day AS
  SELECT date(closed_us / 1000000, 'unixepoch') AS day, count(*) AS trades, sum(realized_pnl > 0) AS wins,
    sum(realized_pnl) AS pnl, sum(fees) AS fees, avg(r_multiple) AS mean_r
  FROM positions WHERE status = 'CLOSED' GROUP BY day;

CREATE VIEW pnl_per_strategy AS
  SELECT strategy_id, count(*) AS trades, sum(realized_pnl > 0) AS wins, sum(realized_pnl) AS pnl, sum(fees) AS fees,
    avg(r_multiple) AS mean_r
  FROM positions WHERE status = 'CLOSED' GROUP BY strategy_id;

CREATE VIEW vetoes_by_reason AS
  SELECT reason, count(*) AS vetoes, max(time) AS latest FROM decisions WHERE kind = 'RISK' AND outcome = 'VETOED' GROUP BY reason;

CREATE VIEW equity AS
  SELECT seq, time, payload ->> 'equity_usd' AS equity_usd, payload ->> 'hwm_usd' AS hwm_usd,
    payload ->> 'drawdown_from_hwm' AS drawdown, payload ->> 'daily_pnl_usd' AS daily_pnl_usd
  FROM events WHERE type = '${RiskDailyStatusUpdate.type}';
`;

export const SCHEMA_1: string = TABLES + VIEWS;
