/*
 * The closed vocabularies of the wire as const objects with a union type of the same name. A value is its own name,
 * so comparing with a plain string is as good.
 */

/** What a policy asks of the whole system. */
export const RiskMode = { AGGRESSIVE: 'AGGRESSIVE', NORMAL: 'NORMAL', DEFENSIVE: 'DEFENSIVE' } as const;
export type RiskMode = (typeof RiskMode)[keyof typeof RiskMode];

/** Stages of a strategy, in order; RETIRED ends it. */
export const StrategyLifecycle = { BACKTEST: 'BACKTEST', SHADOW: 'SHADOW', LIVE: 'LIVE', RETIRED: 'RETIRED' } as const;
export type StrategyLifecycle = (typeof StrategyLifecycle)[keyof typeof StrategyLifecycle];

/** Health of the system as a whole. Services say `ServiceStatus`. */
export const HealthStatus = { HEALTHY: 'HEALTHY', DEGRADED: 'DEGRADED', CRITICAL: 'CRITICAL' } as const;
export type HealthStatus = (typeof HealthStatus)[keyof typeof HealthStatus];

/** Health of one service, as in its heartbeat. */
export const ServiceStatus = { HEALTHY: 'HEALTHY', DEGRADED: 'DEGRADED', UNHEALTHY: 'UNHEALTHY' } as const;
export type ServiceStatus = (typeof ServiceStatus)[keyof typeof ServiceStatus];

/** Of signals and positions. Orders have a `Side`. */
export const Direction = { LONG: 'LONG', SHORT: 'SHORT' } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

/** Of orders and fills. Signals and positions have a `Direction`. */
export const Side = { BUY: 'BUY', SELL: 'SELL' } as const;
export type Side = (typeof Side)[keyof typeof Side];

export const Timeframe = { '1m': '1m', '5m': '5m', '15m': '15m', '1h': '1h', '1d': '1d' } as const;
export type Timeframe = (typeof Timeframe)[keyof typeof Timeframe];

/** The regime on the wire. Unknown counts as CHAOTIC. */
export const Regime = { TRENDING: 'TRENDING', RANGING: 'RANGING', CHAOTIC: 'CHAOTIC' } as const;
export type Regime = (typeof Regime)[keyof typeof Regime];

export const RegimeDetail = {
  TREND_UP: 'TREND_UP',
  TREND_DOWN: 'TREND_DOWN',
  RANGE_LOW_VOL: 'RANGE_LOW_VOL',
  RANGE_HIGH_VOL: 'RANGE_HIGH_VOL',
  HIGH_VOLATILITY: 'HIGH_VOLATILITY',
  ILLIQUID: 'ILLIQUID',
  UNKNOWN: 'UNKNOWN',
} as const;
export type RegimeDetail = (typeof RegimeDetail)[keyof typeof RegimeDetail];

export const VolatilityState = { LOW: 'LOW', NORMAL: 'NORMAL', HIGH: 'HIGH', EXTREME: 'EXTREME' } as const;
export type VolatilityState = (typeof VolatilityState)[keyof typeof VolatilityState];

export const SignalType = {
  TREND_FOLLOW: 'TREND_FOLLOW',
  MEAN_REVERSION: 'MEAN_REVERSION',
  BREAKOUT: 'BREAKOUT',
  GENERIC: 'GENERIC',
} as const;
export type SignalType = (typeof SignalType)[keyof typeof SignalType];

/** Of the risk decision: MODIFIED is approved at a smaller size; a refusal of ours is VETOED, the venue's is rejected. */
export const Decision = { APPROVED: 'APPROVED', VETOED: 'VETOED', MODIFIED: 'MODIFIED' } as const;
export type Decision = (typeof Decision)[keyof typeof Decision];

/** What an order is for. Only ENTRY can increase a position. */
export const OrderIntent = { ENTRY: 'ENTRY', EXIT: 'EXIT', STOP: 'STOP', EMERGENCY: 'EMERGENCY' } as const;
export type OrderIntent = (typeof OrderIntent)[keyof typeof OrderIntent];

export const OrderType = { MARKET: 'MARKET', LIMIT: 'LIMIT', STOP: 'STOP', STOP_LIMIT: 'STOP_LIMIT' } as const;
export type OrderType = (typeof OrderType)[keyof typeof OrderType];

export const TimeInForce = { GTC: 'GTC', IOC: 'IOC', DAY: 'DAY' } as const;
export type TimeInForce = (typeof TimeInForce)[keyof typeof TimeInForce];

/** Why an order ended without being filled. */
export const CancelCause = {
  KILL: 'KILL',
  TTL: 'TTL',
  REPLACED: 'REPLACED',
  USER: 'USER',
  VENUE: 'VENUE',
  SQUARE_OFF: 'SQUARE_OFF',
} as const;
export type CancelCause = (typeof CancelCause)[keyof typeof CancelCause];

export const OptionType = { CE: 'CE', PE: 'PE' } as const;
export type OptionType = (typeof OptionType)[keyof typeof OptionType];

export const ExitDecision = {
  EXIT_FULL: 'EXIT_FULL',
  EXIT_PARTIAL: 'EXIT_PARTIAL',
  TIGHTEN_STOP: 'TIGHTEN_STOP',
  HOLD: 'HOLD',
} as const;
export type ExitDecision = (typeof ExitDecision)[keyof typeof ExitDecision];

/** Why an exit was decided. Which of two reasons wins is the exit brain's affair. */
export const ExitReason = {
  kill_switch: 'kill_switch',
  panic: 'panic',
  circuit_breaker: 'circuit_breaker',
  stop: 'stop',
  capital_stress: 'capital_stress',
  regime_exit: 'regime_exit',
  volatility_exit: 'volatility_exit',
  time_exit: 'time_exit',
  loss_cut: 'loss_cut',
  data_gap: 'data_gap',
  take_profit: 'take_profit',
  trailing: 'trailing',
  partial: 'partial',
  square_off: 'square_off',
  funding: 'funding',
  human: 'human',
} as const;
export type ExitReason = (typeof ExitReason)[keyof typeof ExitReason];

/** Urgency of an exit decision, see `EXIT_PRIORITY` for the lane it takes. */
export const ExitPriority = { LOW: 'LOW', MEDIUM: 'MEDIUM', HIGH: 'HIGH', URGENT: 'URGENT' } as const;
export type ExitPriority = (typeof ExitPriority)[keyof typeof ExitPriority];

export const ExitTactic = { LIMIT: 'LIMIT', MARKET: 'MARKET', EMERGENCY_MARKET: 'EMERGENCY_MARKET', PANIC: 'PANIC' } as const;
export type ExitTactic = (typeof ExitTactic)[keyof typeof ExitTactic];

/** The triggers of our own kill switch. On the wire a trigger is any code, because no stop is refused for its wording. */
export const KillTrigger = {
  daily_loss_exceeded: 'daily_loss_exceeded',
  drawdown_exceeded: 'drawdown_exceeded',
  data_integrity: 'data_integrity',
  venue_lost: 'venue_lost',
  position_mismatch: 'position_mismatch',
  loss_streak: 'loss_streak',
  flash_crash: 'flash_crash',
  black_swan: 'black_swan',
  margin_critical: 'margin_critical',
  panic_close: 'panic_close',
  manual: 'manual',
} as const;
export type KillTrigger = (typeof KillTrigger)[keyof typeof KillTrigger];

export const KillSeverity = { WARNING: 'WARNING', CRITICAL: 'CRITICAL', EMERGENCY: 'EMERGENCY' } as const;
export type KillSeverity = (typeof KillSeverity)[keyof typeof KillSeverity];

export const DrawdownLevel = {
  GREEN: 'GREEN',
  YELLOW: 'YELLOW',
  ORANGE: 'ORANGE',
  RED: 'RED',
  BLACK: 'BLACK',
  CATASTROPHIC: 'CATASTROPHIC',
} as const;
export type DrawdownLevel = (typeof DrawdownLevel)[keyof typeof DrawdownLevel];

export const GovernorLevel = { NORMAL: 'NORMAL', CAUTIOUS: 'CAUTIOUS', DEFENSIVE: 'DEFENSIVE', EMERGENCY: 'EMERGENCY' } as const;
export type GovernorLevel = (typeof GovernorLevel)[keyof typeof GovernorLevel];

export const AlertSeverity = { INFO: 'INFO', WARNING: 'WARNING', ERROR: 'ERROR', CRITICAL: 'CRITICAL' } as const;
export type AlertSeverity = (typeof AlertSeverity)[keyof typeof AlertSeverity];

/** One code path, four ways to end an order. */
export const RunMode = { backtest: 'backtest', paper: 'paper', logging_only: 'logging_only', live: 'live' } as const;
export type RunMode = (typeof RunMode)[keyof typeof RunMode];

/** The models of the ensemble; on the wire a model name is any text, since others may join. */
export const MODEL_NAMES = ['XGBoost', 'LightGBM', 'NHiTS', 'PatchTST'] as const;
