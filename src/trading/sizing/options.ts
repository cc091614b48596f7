import { checkNumber, checkOneOf, invalidOption } from '../../base/index.ts';
import { MAIN_ACCOUNT } from '../../model/index.ts';
import { DRAWDOWN_TABLE, STREAK_TABLE, type FactorTable } from './factors.ts';
import { resolveInstrument, resolveInstruments, type ResolvedInstrument, type TradedInstrument } from '../instrument.ts';

export type SizingMethod = 'fixed_risk' | 'kelly' | 'vol_target';

export interface SizerOptions {
  /** Account id, default `main`. */
  readonly account?: string;
  /** Default fixed_risk. */
  readonly method?: SizingMethod;
  /** `off` lifts the margin caps and the free reserve, in backtest and paper; the risk limits stay. Default on. */
  readonly caps?: 'on' | 'off';
  /** Equity until the first daily status, account currency, > 0, default 100 000. */
  readonly initialEquityUsd?: number;
  /** Largest risk of one trade, share of equity, 0..1, default .02. */
  readonly riskPerTradeRatioMax?: number;
  /** The policy's risk until the first `policy.updated`, share of equity, 0..1, default .01 (NORMAL). */
  readonly policyRiskRatio?: number;
  /** Expected fee of one side, share of the notional, 0..1, default 0. */
  readonly feeRatio?: number;
  /** Capital tier 1-4, default 4; a reset of the kill switch sets 1. */
  readonly scalingLevel?: number;
  /** The same instruments as the risk kernel's. A symbol without an entry uses `defaultInstrument` or is refused. */
  readonly instruments?: Readonly<Record<string, TradedInstrument>>;
  /** Default null: none. */
  readonly defaultInstrument?: TradedInstrument | null;
  /** Default MARKET. A LIMIT request asks for the entry price of the evaluation. */
  readonly orderType?: 'MARKET' | 'LIMIT';
  /** How long a request may be acted on, milliseconds, default 30 000. On recorded bars at least one bar. */
  readonly requestLifetimeMs?: number;
  /** Size factor by drawdown: rows [below this ratio, factor], 0 past the last. Default [.03, 1], [.05, .85], [.08, .7]. */
  readonly drawdownTable?: FactorTable;
  /**
   * Size factor by losing trades in a row: rows [below this count, factor], 0 past the last: then nothing trades until
   * a human resets the streak. Default [3, 1], [4, .75], [6, .5].
   */
  readonly streakTable?: FactorTable;
  /** Yearly volatility that vol_target aims at, 0..1, default .20. */
  readonly volatilityTargetRatio?: number;
  /** Largest Kelly fraction, share of equity at risk, 0..1, default .02. */
  readonly kellyRatioMax?: number;
  /** Closed trades of a strategy that Kelly needs, default 30; below, fixed_risk at half is used. */
  readonly kellyTradesMin?: number;
}

export type ResolvedSizerOptions = Required<Omit<SizerOptions, 'instruments' | 'defaultInstrument'>> & {
  readonly instruments: ReadonlyMap<string, ResolvedInstrument>;
  readonly defaultInstrument: ResolvedInstrument | null;
};

export const defaultSizerOptions = Object.freeze({
  account: MAIN_ACCOUNT,
  method: 'fixed_risk',
  caps: 'on',
  initialEquityUsd: 100_000,
  riskPerTradeRatioMax: 0.02,
  policyRiskRatio: 0.01,
  feeRatio: 0,
  scalingLevel: 4,
  orderType: 'MARKET',
  requestLifetimeMs: 30_000,
  drawdownTable: DRAWDOWN_TABLE,
  streakTable: STREAK_TABLE,
  volatilityTargetRatio: 0.2,
  kellyRatioMax: 0.02,
  kellyTradesMin: 30,
} as const);

/** @throws QtError QT_OPTION_INVALID naming the field, its value and the range */
export function resolveSizerOptions(options: SizerOptions = {}): ResolvedSizerOptions {
  const merged = { ...defaultSizerOptions, ...options };
  if (merged.account === '') throw invalidOption('account', merged.account, 'a name');
  checkOneOf('method', merged.method, ['fixed_risk', 'kelly', 'vol_target']);
  checkOneOf('caps', merged.caps, ['on', 'off']);
  checkOneOf('orderType', merged.orderType, ['MARKET', 'LIMIT']);
  checkNumber('initialEquityUsd', merged.initialEquityUsd, { min: 0.01, max: 1e9 });
  for (const field of ['riskPerTradeRatioMax', 'policyRiskRatio', 'feeRatio', 'volatilityTargetRatio', 'kellyRatioMax'] as const) {
    checkNumber(field, merged[field], { min: 0, max: 1 });
  }
  checkNumber('scalingLevel', merged.scalingLevel, { min: 1, max: 4, integer: true });
  checkNumber('requestLifetimeMs', merged.requestLifetimeMs, { min: 1, max: 366 * 86_400_000, integer: true });
  checkNumber('kellyTradesMin', merged.kellyTradesMin, { min: 1, max: 1_000_000, integer: true });
  checkTable('drawdownTable', merged.drawdownTable);
  checkTable('streakTable', merged.streakTable);
  return {
    ...merged,
    instruments: resolveInstruments(options.instruments),
    defaultInstrument: options.defaultInstrument ? resolveInstrument('defaultInstrument', options.defaultInstrument) : null,
  };
}

function checkTable(field: string, table: FactorTable): void {
  for (const [row, [below, ratio]] of table.entries()) {
    const [belowMin, ratioMax] = table[row - 1] ?? [0, 1];
    checkNumber(`${field}[${row}][0]`, below, { min: belowMin, max: 1e9 });
    checkNumber(`${field}[${row}][1]`, ratio, { min: 0, max: ratioMax });
  }
}
