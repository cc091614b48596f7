import { checkNumber, checkOneOf, invalidOption } from '../../base/index.ts';
import { createInstrument, type Instrument, type InstrumentSpec } from '../../model/index.ts';

/** How eagerly profits are taken: FAST_TP takes all at the first step of the ladder; the others use the whole table. */
export type ExitMode = 'FAST_TP' | 'TREND_FOLLOW' | 'DEFENSIVE_TRAIL';
/** Whether a bar's adverse extreme is tested against the stop before or after its favourable extreme has raised it. */
export type BarConvention = 'stop_then_ratchet' | 'ratchet_then_stop';

/** Rank 2: close everything. */
export interface BreakerOptions {
  /** Drawdown from the high-water mark, ratio; default .15 (C13). */
  readonly drawdownRatio: number;
  /** Below this margin ratio, 1.2 = 120 %; default 1.2. */
  readonly marginRatio: number;
  /** Close a position that pays funding at or above its 99th percentile; default true. */
  readonly funding: boolean;
}

/** Correlation of two symbols, measured elsewhere: the shard that owns one symbol has no prices of the other. */
export interface PairCorrelation {
  readonly a: string;
  readonly b: string;
  /** -1..1. */
  readonly rho: number;
}

/** Rank 4: each once per entry into its level. */
export interface CapitalOptions {
  /** Drawdown at which the weakest position goes, ratio; default .08. */
  readonly weakestDrawdownRatio: number;
  /** Drawdown at which every position is cut, ratio; default .12. */
  readonly halveDrawdownRatio: number;
  /** A drawdown level re-arms this far below itself, ratio; default .02. */
  readonly rearmRatio: number;
  /** Share cut at the second drawdown level, percent of what remains; default 50. */
  readonly halvePct: number;
  /** How far the stop moves to the price there, percent; default 50. */
  readonly halveTightenPct: number;
  /** Day's loss for the first cut, percent, < 0; default -3. */
  readonly dailyQuarterPct: number;
  /** First cut of the day, percent of what remains; default 25. */
  readonly dailyQuarterExitPct: number;
  /** Day's loss for the second cut, percent, < 0; default -4. */
  readonly dailyHalvePct: number;
  /** Second cut of the day, percent of what remains; default 50. */
  readonly dailyHalveExitPct: number;
  /** Margin ratio at or below which positions are cut, 1.5 = 150 %; default 1.5. */
  readonly marginStressRatio: number;
  /** That cut, percent of what remains; default 50. */
  readonly marginExitPct: number;
  /** Two positions in one direction above this correlation are one too many, -1..1; default .8. */
  readonly pairRho: number;
  /** Cut of the smaller of the pair, percent of what remains; default 25. */
  readonly pairExitPct: number;
  /** Known correlations; default none. */
  readonly correlations: readonly PairCorrelation[];
}

/** Rank 5. */
export interface RegimeOptions {
  /** Cut when the regime became unknown, percent of what remains; default 75. */
  readonly unknownExitPct: number;
  /** Cut when a trend became a range, percent of what remains; default 50. */
  readonly rangingExitPct: number;
  /** Time after a cut at which a regime that is still another ends the position, microseconds; default 60 min. */
  readonly stillChangedUs: number;
}

/** Rank 6, multiples of the volatility at entry. */
export interface VolatilityOptions {
  /** At or above: stop 25 % of the way; default 1.5. */
  readonly smallRatio: number;
  /** Default 25. */
  readonly smallTightenPct: number;
  /** At or above: stop 50 % of the way; default 2. */
  readonly largeRatio: number;
  /** Default 50. */
  readonly largeTightenPct: number;
  /** Above: full exit; default 3. */
  readonly exitRatio: number;
}

/** Rank 7. */
export interface DataGapOptions {
  /** No price for this long after the feed reported a gap, microseconds, or null for recorded data; default 30 s. */
  readonly staleUs: number | null;
  /** Exit when candles are lost for good; default true. */
  readonly lostCandles: boolean;
}

/** Longest age, microseconds: in calm and in HIGH or EXTREME volatility. */
export interface AgeLimit {
  readonly calmUs: number;
  readonly volatileUs: number;
}

/** Rank 8. On daily bars set days instead of hours. */
export interface TimeOptions {
  /** Default 72 h, 48 h. */
  readonly trending: AgeLimit;
  /** Default 48 h, 24 h. */
  readonly ranging: AgeLimit;
  /** Default 24 h, 24 h. */
  readonly unknown: AgeLimit;
  /** Default 12 h, 12 h. */
  readonly chaotic: AgeLimit;
  /** Limit of the calm trending row for a winner, microseconds; default 96 h. */
  readonly extendedUs: number;
  /** Profit that earns it, R; default 1.5. */
  readonly extendAtR: number;
  /** Share of the limit at which a HOLD announces the end, ratio; default .8. */
  readonly alertRatio: number;
}

/** Time options of which any part may be left at its default, down to one limit of a row. */
export type TimeOptionsPart = { readonly [K in keyof TimeOptions]?: TimeOptions[K] extends AgeLimit ? Partial<AgeLimit> : TimeOptions[K] };

/** Rank 9. */
export interface LossCutOptions {
  /** Unrealized result, percent of entry, < 0; default -2. */
  readonly lossPct: number;
  /** Only when older, microseconds; default 12 h. */
  readonly afterUs: number;
  /** Default 50. */
  readonly exitPct: number;
  /** Default 25. */
  readonly tightenPct: number;
}

/** Rank 10, one step of the ladder. */
export interface LadderStep {
  /** Profit, R. */
  readonly atR: number;
  /** Percent of what remains; 100 ends the position. */
  readonly exitPct: number;
}

/** Rank 11, one step of the trailing stop. */
export interface TrailingStep {
  /** Best profit so far, R. */
  readonly fromR: number;
  /** Distance from the best price, percent of it. */
  readonly distancePct: number;
}

/** Proof of life for the watchdog; one for each symbol, so that the number of threads changes no event. */
export interface HeartbeatOptions {
  /** `with_positions`: only while the symbol has one; `always`: after every candle and timer; default with_positions. */
  readonly when: 'off' | 'with_positions' | 'always';
  /** Shortest spacing, microseconds; default 1 s, half of it when DEGRADED. */
  readonly everyUs: number;
  /** DEGRADED when a timer finds no decision on market data for longer, microseconds; default 10 s. */
  readonly degradedUs: number;
}

/**
 * Options of the exit brain. A group given in part keeps its other defaults; a group given as null is off. Ranks 1
 * (kill, panic) and 3 (stop) cannot be turned off.
 */
export interface ExitBrainOptions {
  /** Grids; a symbol that is not listed has the default instrument's. Default none. */
  readonly instruments?: readonly InstrumentSpec[];
  /** True when execution keeps the stop at the venue; default true. */
  readonly stopsRestAtVenue?: boolean;
  /** What a bar's extremes mean; default stop_then_ratchet. */
  readonly barConvention?: BarConvention;
  /** Until the orchestrator says otherwise; default TREND_FOLLOW. */
  readonly exitMode?: ExitMode;
  /** Shortest spacing of published stop moves, microseconds; default 1 s. */
  readonly stopUpdateEveryUs?: number;
  /** Close positions when the calendar says PRE_CLOSE; default false. */
  readonly squareOff?: boolean;
  readonly breaker?: Partial<BreakerOptions> | null;
  readonly capital?: Partial<CapitalOptions> | null;
  readonly regime?: Partial<RegimeOptions> | null;
  readonly volatility?: Partial<VolatilityOptions> | null;
  readonly dataGap?: Partial<DataGapOptions> | null;
  readonly time?: TimeOptionsPart | null;
  readonly lossCut?: Partial<LossCutOptions> | null;
  /** Rising in `atR`; empty turns it off. Default 1R 40 %, 1.5R 50 %, 2R 100 %. */
  readonly ladder?: readonly LadderStep[];
  /** Rising in `fromR`; empty turns it off. Default 1R 2 %, 1.5R 1.5 %, 2R 1 %. */
  readonly trailing?: readonly TrailingStep[];
  readonly heartbeat?: Partial<HeartbeatOptions>;
}

/** Options with every default filled in, checked once. */
export interface ResolvedExitBrainOptions {
  readonly instruments: readonly Instrument[];
  readonly stopsRestAtVenue: boolean;
  readonly barConvention: BarConvention;
  readonly exitMode: ExitMode;
  readonly stopUpdateEveryUs: number;
  readonly squareOff: boolean;
  readonly breaker: BreakerOptions | null;
  readonly capital: CapitalOptions | null;
  readonly regime: RegimeOptions | null;
  readonly volatility: VolatilityOptions | null;
  readonly dataGap: DataGapOptions | null;
  readonly time: TimeOptions | null;
  readonly lossCut: LossCutOptions | null;
  readonly ladder: readonly LadderStep[];
  readonly trailing: readonly TrailingStep[];
  readonly heartbeat: HeartbeatOptions;
}

const SECOND_US = 1_000_000;
const MINUTE_US = 60 * SECOND_US;
const HOUR_US = 60 * MINUTE_US;

/** The numbers of the constitution, meant for intraday data. */
export const defaultExitBrainOptions = {
  instruments: [],
  stopsRestAtVenue: true,
  barConvention: 'stop_then_ratchet',
  exitMode: 'TREND_FOLLOW',
  stopUpdateEveryUs: SECOND_US,
  squareOff: false,
  breaker: { drawdownRatio: 0.15, marginRatio: 1.2, funding: true },
  capital: {
    weakestDrawdownRatio: 0.08,
    halveDrawdownRatio: 0.12,
    rearmRatio: 0.02,
    halvePct: 50,
    halveTightenPct: 50,
    dailyQuarterPct: -3,
    dailyQuarterExitPct: 25,
    dailyHalvePct: -4,
    dailyHalveExitPct: 50,
    marginStressRatio: 1.5,
    marginExitPct: 50,
    pairRho: 0.8,
    pairExitPct: 25,
    correlations: [],
  },
  regime: { unknownExitPct: 75, rangingExitPct: 50, stillChangedUs: 60 * MINUTE_US },
  volatility: { smallRatio: 1.5, smallTightenPct: 25, largeRatio: 2, largeTightenPct: 50, exitRatio: 3 },
  dataGap: { staleUs: 30 * SECOND_US, lostCandles: true },
  time: {
    trending: { calmUs: 72 * HOUR_US, volatileUs: 48 * HOUR_US },
    ranging: { calmUs: 48 * HOUR_US, volatileUs: 24 * HOUR_US },
    unknown: { calmUs: 24 * HOUR_US, volatileUs: 24 * HOUR_US },
    chaotic: { calmUs: 12 * HOUR_US, volatileUs: 12 * HOUR_US },
    extendedUs: 96 * HOUR_US,
    extendAtR: 1.5,
    alertRatio: 0.8,
  },
  lossCut: { lossPct: -2, afterUs: 12 * HOUR_US, exitPct: 50, tightenPct: 25 },
  ladder: [
    { atR: 1, exitPct: 40 },
    { atR: 1.5, exitPct: 50 },
    { atR: 2, exitPct: 100 },
  ],
  trailing: [
    { fromR: 1, distancePct: 2 },
    { fromR: 1.5, distancePct: 1.5 },
    { fromR: 2, distancePct: 1 },
  ],
  heartbeat: { when: 'with_positions', everyUs: SECOND_US, degradedUs: 10 * SECOND_US },
} as const satisfies ResolvedExitBrainOptions;

/**
 * Fills in the defaults and checks every number once.
 *
 * @throws QtError QT_OPTION_INVALID naming the field, its value and its range
 */
export function resolveExitBrainOptions(options: ExitBrainOptions = {}): ResolvedExitBrainOptions {
  const base: ResolvedExitBrainOptions = defaultExitBrainOptions;
  const resolved: ResolvedExitBrainOptions = {
    ...base,
    ...defined(options),
    instruments: (options.instruments ?? []).map(createInstrument),
    breaker: group(base.breaker, options.breaker),
    capital: group(base.capital, options.capital),
    regime: group(base.regime, options.regime),
    volatility: group(base.volatility, options.volatility),
    dataGap: group(base.dataGap, options.dataGap),
    time: timeGroup(defaultExitBrainOptions.time, options.time),
    lossCut: group(base.lossCut, options.lossCut),
    heartbeat: { ...base.heartbeat, ...options.heartbeat },
  };
  checkOneOf('barConvention', resolved.barConvention, ['stop_then_ratchet', 'ratchet_then_stop']);
  checkOneOf('exitMode', resolved.exitMode, ['FAST_TP', 'TREND_FOLLOW', 'DEFENSIVE_TRAIL']);
  checkOneOf('heartbeat.when', resolved.heartbeat.when, ['off', 'with_positions', 'always']);
  checkNumbers('', resolved);
  checkRising('ladder', resolved.ladder, 'atR');
  checkRising('trailing', resolved.trailing, 'fromR');
  return resolved;
}

function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

function group<T extends object>(base: T | null, given: Partial<T> | null | undefined): T | null {
  if (given === null || base === null) return null;
  return { ...base, ...given };
}

function timeGroup(base: TimeOptions, given: TimeOptionsPart | null | undefined): TimeOptions | null {
  if (given === null) return null;
  return {
    ...base,
    ...given,
    trending: { ...base.trending, ...given?.trending },
    ranging: { ...base.ranging, ...given?.ranging },
    unknown: { ...base.unknown, ...given?.unknown },
    chaotic: { ...base.chaotic, ...given?.chaotic },
  };
}

/** Ranges follow from the unit that a name ends in, so a new field is checked without being listed. */
function checkNumbers(path: string, value: object): void {
  for (const [name, field] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    if (name === 'instruments' || field === null) continue;
    if (typeof field === 'number') checkByUnit(at, name, field);
    else if (typeof field === 'object') checkNumbers(at, field as object);
  }
}

function checkByUnit(at: string, name: string, value: number): void {
  if (name.endsWith('Us')) checkNumber(at, value, { min: 0, max: Number.MAX_SAFE_INTEGER, integer: true });
  else if (name === 'lossPct' || (name.startsWith('daily') && !name.endsWith('ExitPct'))) checkNumber(at, value, { min: -100, max: 0 });
  else if (name.endsWith('Pct')) checkNumber(at, value, { min: 0, max: 100 });
  else if (name === 'rho' || name === 'pairRho') checkNumber(at, value, { min: -1, max: 1 });
  else checkNumber(at, value, { min: 0, max: 1_000 });
}

function checkRising<K extends string>(field: string, steps: readonly Readonly<Record<K, number>>[], by: K): void {
  for (let i = 1; i < steps.length; i++) {
    const here = steps[i]?.[by] ?? 0;
    const before = steps[i - 1]?.[by] ?? 0;
    if (here <= before) throw invalidOption(`${field}[${i}].${by}`, here, `a number above ${before}`);
  }
}
