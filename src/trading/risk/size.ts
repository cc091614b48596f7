import { shareOf, stepsWithin, toMicros, toPpm, WHOLE_PPM } from '../micros.ts';
import { bucketOf } from './correlation.ts';
import { equityMicros, fellBy } from './equity.ts';
import { exposureMicros, openHoldings } from './exposure.ts';
import { LEVERAGE_BY_LEVEL, toSize, type ResolvedInstrument } from '../instrument.ts';
import { calendarStance } from './integrity.ts';
import { all, reservedNotionalMicros } from './reservations.ts';
import type { RiskState } from './state.ts';

/** What an entry of this shape may be at most. */
export interface Allowance {
  /** Steps that the risk limit alone allows. */
  readonly wantedSteps: number;
  /** Steps allowed; 0 when nothing fits. */
  readonly steps: number;
  /** The caps that made it smaller, tightest first by name. */
  readonly modifications: { readonly cap: string; readonly from: number; readonly to: number }[];
  /** Smallest of all size multipliers, 0..1. */
  readonly multiplierRatio: number;
  /** Leverage the position may use. */
  readonly leverage: number;
}

interface Cap {
  readonly code: string;
  /** Room left under the cap, micro-units of exposure; negative when it is passed already. */
  readonly room: number;
}

/**
 * The largest size within the risk limit and every cap, in whole steps, rounded down. Reserved exposure counts like
 * held exposure, so two signals of one burst never share the same room.
 */
export function allowance(state: RiskState, symbol: string, entry: number, stop: number, instrument: ResolvedInstrument): Allowance {
  const { step, multiplier } = instrument;
  const equity = equityMicros(state.equity, state.holdings);
  const multiplierRatio = sizeMultiplier(state);
  const riskPpm = toPpm(Math.min(state.options.limits.riskPerTradeRatioMax, state.policies.maxRiskPerTradeRatio));
  const risk = shareOf(shareOf(Math.max(equity, 0), riskPpm), Math.floor(multiplierRatio * WHOLE_PPM + 1e-6));
  const wantedSteps = stepsWithin(risk, Math.abs(entry - stop), step, multiplier);
  const leverage = allowedLeverage(state);
  const sized = caps(state, symbol, equity, leverage).map(({ code, room }) => ({
    code,
    steps: stepsWithin(room, entry, step, multiplier),
  }));
  const steps = Math.min(wantedSteps, ...sized.map((cap) => cap.steps));
  const binding = steps < wantedSteps ? sized.filter((cap) => cap.steps === steps) : [];
  const from = toSize(wantedSteps, instrument);
  return {
    wantedSteps,
    steps,
    modifications: binding.map(({ code }) => ({ cap: code, from, to: toSize(steps, instrument) })),
    multiplierRatio,
    leverage,
  };
}

/** Overlapping reasons to be careful are one reason: the smallest multiplier counts, they are never multiplied. */
export function sizeMultiplier(state: RiskState): number {
  const { governor, orchestrator } = state.policies;
  return Math.min(
    kernelMultiplier(state),
    governor?.size_multiplier ?? 1,
    orchestrator?.risk_multiplier ?? 1,
    calendarStance(state.integrity, state.now).sizeFactor,
    rampMultiplier(state),
  );
}

function kernelMultiplier({ equity, holdings, options }: RiskState): number {
  const { drawdownReduceRatio, drawdownReduceFactor } = options.limits;
  return fellBy(equity.hwm, equityMicros(equity, holdings), drawdownReduceRatio) ? drawdownReduceFactor : 1;
}

const DAY_US = 86_400_000_000;
/** After a reset of the kill switch: full size only from the seventh day on. */
const RAMP: readonly (readonly [fromDay: number, ratio: number])[] = [
  [7, 1],
  [4, 0.75],
  [2, 0.5],
  [1, 0.25],
];

function rampMultiplier({ resetAt, now }: RiskState): number {
  if (resetAt === null) return 1;
  const day = Math.floor(Math.max(0, now - resetAt) / DAY_US) + 1;
  return RAMP.find(([fromDay]) => day >= fromDay)?.[1] ?? 0;
}

function allowedLeverage({ options, scalingLevel, policies }: RiskState): number {
  const level = LEVERAGE_BY_LEVEL[scalingLevel - 1] ?? LEVERAGE_BY_LEVEL[0];
  return Math.max(1, Math.min(options.leverage, level * (policies.governor?.leverage_multiplier ?? 1)));
}

function caps(state: RiskState, symbol: string, equity: number, leverage: number): Cap[] {
  const { limits, exposureCaps, maxNotionalPerTradeUsd } = state.options;
  const notional: Cap[] = maxNotionalPerTradeUsd === null ? [] : [{ code: 'MAX_NOTIONAL', room: toMicros(maxNotionalPerTradeUsd) }];
  if (exposureCaps === 'off') return notional;
  const used = usedBySymbol(state);
  const total = sum(used.values());
  const bucket = bucketOf(state.closes, symbol, [...used.keys()], state.options.correlationRatioMax);
  const bucketUsed = sum([...bucket].map((member) => used.get(member) ?? 0));
  const scale = state.policies.governor?.exposure_multiplier ?? 1;
  const room = (ratio: number, taken: number): number => shareOf(equity, toPpm(ratio)) - taken;
  return [
    ...notional,
    { code: 'SYMBOL_EXPOSURE', room: room(limits.symbolExposureRatioMax * scale, used.get(symbol) ?? 0) },
    { code: 'TOTAL_EXPOSURE', room: room(limits.totalExposureRatioMax * scale, total) },
    { code: 'CORRELATED_EXPOSURE', room: room(limits.correlatedExposureRatioMax * scale, bucketUsed) },
    // Margin = exposure / leverage, so both caps are caps of exposure.
    { code: 'LEVERAGE', room: room(leverage, total) },
    { code: 'MARGIN', room: room(limits.marginUsedRatioMax * leverage, total) },
  ];
}

/** Held and reserved exposure by symbol, micro-units; only symbols that have some. */
export function usedBySymbol({ holdings, reservations }: RiskState): Map<string, number> {
  const used = new Map<string, number>();
  for (const holding of openHoldings(holdings)) used.set(holding.symbol, exposureMicros(holding));
  for (const reservation of all(reservations)) {
    used.set(reservation.symbol, (used.get(reservation.symbol) ?? 0) + reservedNotionalMicros(reservation));
  }
  return used;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
