import { checkNumber, checkOneOf, invalidOption } from '../../base/index.ts';
import { MAIN_ACCOUNT } from '../../model/index.ts';
import { LEVERAGE_BY_LEVEL, resolveInstrument, resolveInstruments, type ResolvedInstrument, type TradedInstrument } from '../instrument.ts';
import { resolveHardLimits, type HardLimits } from './limits.ts';
import { MODE_PRESETS, type PolicyOptions } from './policy.ts';

/** Checks of the surroundings. The defaults are those of live trading; `recordedIntegrity` gives those of recorded bars. */
export interface IntegrityOptions {
  /** Entries need a passed `system.preflight.complete`, default true. */
  readonly preflightRequired: boolean;
  /** Oldest market data an entry may rest on, milliseconds of logical time, default 5 000. */
  readonly dataAgeMsMax: number;
  /** Entries need a known data quality, default true. A known one is always checked. */
  readonly qualityRequired: boolean;
  /** Data quality that entries need, 0..1, default .95. */
  readonly qualityRatioMin: number;
  /** Data quality below which the switch kills, 0..1, default .90. */
  readonly qualityRatioKill: number;
  /** Longest silence of the exit brain, milliseconds, default 5 000; null: not checked. */
  readonly exitBrainSilenceMsMax: number | null;
  /** Position mismatch above which entries are refused, percent of the position, default 1. */
  readonly mismatchPctMax: number;
}

export interface RiskOptions {
  /** Account id, default `main`. */
  readonly account?: string;
  /** Equity at start, account currency, > 0, default 100 000. */
  readonly initialEquityUsd?: number;
  /** `cash` has no margin ratio. Default cash. */
  readonly accountKind?: 'cash' | 'margin';
  /** Leverage asked for, 1-5, default 1; the scaling level and the governor can only lower it. */
  readonly leverage?: number;
  /** Capital tier 1-4, default 4 (backtest, paper); live starts at 1. */
  readonly scalingLevel?: number;
  /** The tradable symbols. A symbol without an entry is unknown and vetoed, unless `defaultInstrument` is given. */
  readonly instruments?: Readonly<Record<string, TradedInstrument>>;
  /** Stands in for every symbol without an entry; default null: there is none. */
  readonly defaultInstrument?: TradedInstrument | null;
  readonly policy?: PolicyOptions;
  readonly limits?: Partial<HardLimits>;
  readonly integrity?: Partial<IntegrityOptions>;
  /** `off` lifts the symbol, total, correlated, leverage and margin caps; the risk limit stays. Default on. */
  readonly exposureCaps?: 'on' | 'off';
  /** Largest value of one trade, account currency, > 0; null (default): no such cap. */
  readonly maxNotionalPerTradeUsd?: number | null;
  /** Allows adding to a position that is winning, default false. Adding to a losing one is never allowed. */
  readonly allowAdds?: boolean;
  /** No entry in the same direction for so long after a stop, milliseconds, default 14 400 000 (4 h). */
  readonly reentryPauseMs?: number;
  /** A reservation without an order falls so long after its evaluation expired, milliseconds, default 30 000. */
  readonly reservationGraceMs?: number;
  /** Return correlation above which symbols share a bucket, 0..1, default .7. */
  readonly correlationRatioMax?: number;
}

export const defaultIntegrity: IntegrityOptions = Object.freeze({
  preflightRequired: true,
  dataAgeMsMax: 5_000,
  qualityRequired: true,
  qualityRatioMin: 0.95,
  qualityRatioKill: 0.9,
  exitBrainSilenceMsMax: 5_000,
  mismatchPctMax: 1,
});

/**
 * Integrity of a run on recorded bars: no preflight, no heartbeat, no quality stream; data is fresh for one bar of
 * logical time, because nothing newer can exist.
 *
 * @param barMs length of the longest bar, milliseconds, > 0
 */
export function recordedIntegrity(barMs: number): Partial<IntegrityOptions> {
  return { preflightRequired: false, qualityRequired: false, exitBrainSilenceMsMax: null, dataAgeMsMax: Math.max(barMs, 5_000) };
}

export type ResolvedRiskOptions = Required<Omit<RiskOptions, 'policy' | 'limits' | 'integrity' | 'instruments' | 'defaultInstrument'>> & {
  readonly instruments: ReadonlyMap<string, ResolvedInstrument>;
  readonly defaultInstrument: ResolvedInstrument | null;
  readonly policy: PolicyOptions;
  readonly limits: HardLimits;
  readonly integrity: IntegrityOptions;
};

export const defaultRiskOptions = Object.freeze({
  account: MAIN_ACCOUNT,
  initialEquityUsd: 100_000,
  accountKind: 'cash',
  leverage: 1,
  scalingLevel: 4,
  exposureCaps: 'on',
  maxNotionalPerTradeUsd: null,
  allowAdds: false,
  reentryPauseMs: 4 * 3_600_000,
  reservationGraceMs: 30_000,
  correlationRatioMax: 0.7,
} as const);

const YEAR_MS = 366 * 86_400_000;

/** @throws QtError QT_OPTION_INVALID naming the field, its value and the range */
export function resolveRiskOptions(options: RiskOptions = {}): ResolvedRiskOptions {
  const merged = { ...defaultRiskOptions, ...options };
  if (merged.account === '') throw invalidOption('account', merged.account, 'a name');
  checkNumber('initialEquityUsd', merged.initialEquityUsd, { min: 0.01, max: 1e9 });
  checkOneOf('accountKind', merged.accountKind, ['cash', 'margin']);
  checkNumber('leverage', merged.leverage, { min: 1, max: LEVERAGE_BY_LEVEL[3] });
  checkNumber('scalingLevel', merged.scalingLevel, { min: 1, max: 4, integer: true });
  checkOneOf('exposureCaps', merged.exposureCaps, ['on', 'off']);
  if (merged.maxNotionalPerTradeUsd !== null)
    checkNumber('maxNotionalPerTradeUsd', merged.maxNotionalPerTradeUsd, { min: 0.01, max: 1e12 });
  checkNumber('reentryPauseMs', merged.reentryPauseMs, { min: 0, max: YEAR_MS, integer: true });
  checkNumber('reservationGraceMs', merged.reservationGraceMs, { min: 0, max: YEAR_MS, integer: true });
  checkNumber('correlationRatioMax', merged.correlationRatioMax, { min: 0, max: 1 });
  return {
    ...merged,
    instruments: resolveInstruments(options.instruments),
    defaultInstrument: options.defaultInstrument ? resolveInstrument('defaultInstrument', options.defaultInstrument) : null,
    policy: checkPolicy(options.policy ?? {}),
    limits: resolveHardLimits(options.limits),
    integrity: resolveIntegrity(options.integrity ?? {}),
  };
}

function checkPolicy(policy: PolicyOptions): PolicyOptions {
  if (policy.riskMode !== undefined)
    checkOneOf('policy.riskMode', policy.riskMode, Object.keys(MODE_PRESETS) as (keyof typeof MODE_PRESETS)[]);
  if (policy.maxRiskPerTradeRatio !== undefined)
    checkNumber('policy.maxRiskPerTradeRatio', policy.maxRiskPerTradeRatio, { min: 1e-6, max: 1 });
  if (policy.maxPositions !== undefined) checkNumber('policy.maxPositions', policy.maxPositions, { min: 1, max: 100, integer: true });
  if (policy.minConfidenceRatio !== undefined) checkNumber('policy.minConfidenceRatio', policy.minConfidenceRatio, { min: 0, max: 1 });
  return policy;
}

function resolveIntegrity(options: Partial<IntegrityOptions>): IntegrityOptions {
  const merged = { ...defaultIntegrity, ...options };
  checkNumber('integrity.dataAgeMsMax', merged.dataAgeMsMax, { min: 0, max: YEAR_MS });
  checkNumber('integrity.qualityRatioMin', merged.qualityRatioMin, { min: 0, max: 1 });
  checkNumber('integrity.qualityRatioKill', merged.qualityRatioKill, { min: 0, max: 1 });
  checkNumber('integrity.mismatchPctMax', merged.mismatchPctMax, { min: 0, max: 100 });
  if (merged.exitBrainSilenceMsMax !== null)
    checkNumber('integrity.exitBrainSilenceMsMax', merged.exitBrainSilenceMsMax, { min: 1, max: YEAR_MS });
  return merged;
}
