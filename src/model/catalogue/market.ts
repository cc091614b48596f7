import { Type } from '../../event/index.ts';
import { amount, amountOrNull, bool, count, id, ms, openRatio, pctOrNull, px, ratio, signedRatio, str, us, usd } from '../schema.ts';
import { OptionType, Regime, RegimeDetail, Timeframe, VolatilityState } from '../words.ts';
import { bySymbol, catalogued, type PayloadOf } from './_define.ts';

/** A closed bar; its event time is the close. The `open_time` and `backfilled` of a foreign feed may be absent. */
export const MarketCandleNew = catalogued('market.candle.new', {
  payload: Type.Object({
    symbol: id,
    timeframe: Type.Enum(Timeframe),
    open: px,
    high: px,
    low: px,
    close: px,
    volume: amount,
    open_time: Type.Optional(us),
    backfilled: Type.Optional(bool),
  }),
  priority: 'HIGH',
  ...bySymbol,
  keep: '24h',
  window: 50_000,
  description: 'A price candle closed',
  publishers: ['data_collector'],
  consumers: [
    'regime_detector',
    'signal_advisory',
    'ensemble_manager',
    'strategy_runtime',
    'opportunity_ranker',
    'exit_brain',
    'execution_engine',
  ],
});
export type MarketCandleNewPayload = PayloadOf<typeof MarketCandleNew>;

/** The last trade. `low` and `high` span the trades since the tick before, so that coalescing hides no stop; absent means equal to `price`. */
export const MarketTickPrice = catalogued('market.tick.price', {
  payload: Type.Object({
    symbol: id,
    price: px,
    low: Type.Optional(px),
    high: Type.Optional(px),
    size: Type.Optional(amount),
    count: Type.Optional(count),
  }),
  priority: 'HIGH',
  ...bySymbol,
  keep: '1h',
  window: 1_000,
  windowPerKey: true,
  rate: '10/s per symbol, coalesced',
  description: 'The last price, coalesced with its low and high',
  publishers: ['data_collector'],
  consumers: ['exit_brain', 'position_monitor', 'options_position_manager', 'execution_engine'],
});
export type MarketTickPricePayload = PayloadOf<typeof MarketTickPrice>;

export const MarketBookTop = catalogued('market.book.top', {
  payload: Type.Object({
    symbol: id,
    bid: px,
    ask: px,
    bid_size: amount,
    ask_size: amount,
    depth_5bps_usd: Type.Optional(usd),
  }),
  priority: 'NORMAL',
  ...bySymbol,
  keep: '1h',
  window: 1_000,
  windowPerKey: true,
  rate: '10/s per symbol, coalesced',
  description: 'Best bid and ask changed',
  publishers: ['data_collector'],
  consumers: ['regime_detector', 'execution_engine', 'cost_model'],
});
export type MarketBookTopPayload = PayloadOf<typeof MarketBookTop>;

export const MarketOptionChain = catalogued('market.option.chain', {
  payload: Type.Object({
    underlying: id,
    spot: px,
    rows: Type.Array(
      Type.Object({
        contract: id,
        strike: px,
        option_type: Type.Enum(OptionType),
        expiry: us,
        bid: Type.Optional(px),
        ask: Type.Optional(px),
        ltp: Type.Optional(px),
        oi: count,
        volume: count,
        lot_size: count,
        iv: Type.Optional(openRatio),
      }),
    ),
  }),
  priority: 'NORMAL',
  keyKind: 'sym',
  key: (payload) => payload.underlying,
  keep: '24h',
  window: 1_000,
  rate: '1 per 5 s per underlying',
  description: 'A snapshot of the option chain of an underlying',
  publishers: ['data_collector'],
  consumers: ['options_executor', 'options_position_manager'],
});
export type MarketOptionChainPayload = PayloadOf<typeof MarketOptionChain>;

export const MarketFeedGap = catalogued('market.feed.gap', {
  payload: Type.Object({
    symbol: id,
    timeframe: Type.Optional(Type.Enum(Timeframe)),
    from: us,
    to: us,
    missing: count,
    cause: Type.Enum(['DISCONNECT', 'SEQUENCE', 'STALE', 'OUT_OF_ORDER', 'QUARANTINE']),
  }),
  priority: 'HIGH',
  ...bySymbol,
  keep: '90d',
  description: 'Market data is missing or not to be trusted',
  publishers: ['data_collector'],
  consumers: ['risk_kernel', 'exit_brain', 'safety_governor', 'health_monitor'],
});
export type MarketFeedGapPayload = PayloadOf<typeof MarketFeedGap>;

export const MarketFeedRecovered = catalogued('market.feed.recovered', {
  payload: Type.Object({ symbol: id, gap_from: us, gap_to: us, backfilled: count, lost: count }),
  priority: 'HIGH',
  ...bySymbol,
  keep: '90d',
  description: 'A gap ended; what could be had was published in order',
  publishers: ['data_collector'],
  consumers: ['risk_kernel', 'exit_brain', 'safety_governor', 'health_monitor'],
});
export type MarketFeedRecoveredPayload = PayloadOf<typeof MarketFeedRecovered>;

export const MarketQualityUpdate = catalogued('market.quality.update', {
  payload: Type.Object({ symbol: id, quality: ratio, age_ms: ms }),
  priority: 'NORMAL',
  ...bySymbol,
  keep: '7d',
  rate: '1/s per symbol',
  description: 'Share of the expected market data that was accepted',
  publishers: ['data_collector'],
  consumers: ['risk_kernel', 'health_monitor'],
});
export type MarketQualityUpdatePayload = PayloadOf<typeof MarketQualityUpdate>;

/** Rates are signed shares per funding interval; the percentiles are of the last 90 days. */
export const MarketFundingUpdate = catalogued('market.funding.update', {
  payload: Type.Object({ symbol: id, rate: signedRatio, p95: signedRatio, p99: signedRatio, next_at: us }),
  priority: 'NORMAL',
  ...bySymbol,
  keep: '30d',
  rate: 'on change',
  description: 'The funding rate of a perpetual changed',
  publishers: ['data_collector'],
  consumers: ['exit_brain', 'risk_kernel', 'cost_model'],
});
export type MarketFundingUpdatePayload = PayloadOf<typeof MarketFundingUpdate>;

export const MarketCalendarChanged = catalogued('market.calendar.changed', {
  payload: Type.Object({
    market: id,
    state: Type.Enum(['OPEN', 'PRE_CLOSE', 'CLOSED', 'NO_TRADE']),
    severity: Type.Optional(Type.Enum(['ABSOLUTE', 'CONDITIONAL', 'HUMAN'])),
    reason: str,
    until: us,
  }),
  priority: 'HIGH',
  keyKind: 'sys',
  key: (payload) => payload.market,
  keep: '365d',
  description: 'A market opened, closed or must not be traded for a while',
  publishers: ['calendar'],
  consumers: ['risk_kernel', 'exit_brain', 'options_position_manager', 'strategy_runtime'],
});
export type MarketCalendarChangedPayload = PayloadOf<typeof MarketCalendarChanged>;

/** The indicators are null until they are warm; an unknown regime is CHAOTIC with detail UNKNOWN. */
export const RegimeClassificationUpdate = catalogued('regime.classification.update', {
  payload: Type.Object({
    symbol: id,
    regime: Type.Enum(Regime),
    confidence: ratio,
    previous_regime: str,
    changed: bool,
    regime_detail: Type.Enum(RegimeDetail),
    volatility_state: Type.Enum(VolatilityState),
    adx: amountOrNull,
    atr: amountOrNull,
    atr_percent: pctOrNull,
    trend_strength: Type.Union([Type.Number({ minimum: -1, maximum: 1 }), Type.Null()], { title: 'num' }),
  }),
  priority: 'NORMAL',
  ...bySymbol,
  keep: '7d',
  rate: '1 per candle',
  description: 'The regime of a symbol after a candle',
  publishers: ['regime_detector'],
  consumers: ['signal_advisory', 'exit_brain', 'ensemble_manager', 'strategy_runtime', 'orchestrator', 'msc_ai'],
});
export type RegimeClassificationUpdatePayload = PayloadOf<typeof RegimeClassificationUpdate>;

/** Volatilities are annualised ratios: .6 is 60 %. */
export const RegimeVolatilitySpike = catalogued('regime.volatility.spike', {
  payload: Type.Object({
    symbol: id,
    current_volatility: openRatio,
    baseline_volatility: openRatio,
    spike_ratio: openRatio,
    level: Type.Enum([1.5, 2, 3]),
  }),
  priority: 'HIGH',
  ...bySymbol,
  keep: '7d',
  rate: 'on level crossing',
  description: 'Volatility crossed a multiple of its baseline upward',
  publishers: ['regime_detector'],
  consumers: ['risk_kernel', 'exit_brain', 'alerting'],
});
export type RegimeVolatilitySpikePayload = PayloadOf<typeof RegimeVolatilitySpike>;

export const EnsemblePredictionNew = catalogued('ensemble.prediction.new', {
  payload: Type.Object({
    symbol: id,
    p_up: ratio,
    confidence: ratio,
    agreement: ratio,
    quorum: bool,
    votes: Type.Array(Type.Object({ model_name: id, version: str, p_up: ratio, confidence: ratio })),
    model_version: str,
  }),
  priority: 'NORMAL',
  ...bySymbol,
  keep: '30d',
  rate: '1 per candle',
  description: 'The models voted on the next move of a symbol',
  publishers: ['ensemble_manager'],
  consumers: ['signal_advisory', 'clm'],
});
export type EnsemblePredictionNewPayload = PayloadOf<typeof EnsemblePredictionNew>;
