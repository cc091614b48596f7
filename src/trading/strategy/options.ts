import { checkNumber, checkOneOf, invalidOption } from '../../base/index.ts';
import { Regime, Timeframe } from '../../model/index.ts';
import { BUILT_IN_STRATEGIES } from './built-in/index.ts';
import type { Parameters, StrategyKind } from './strategy.ts';

export interface StrategySetting {
  /** Name of the kind: trend, rsi, macd, bollinger, ema_cross, breakout, or any name if `module` is given. */
  readonly kind: string;
  /** The strategy's own name on events; unique. Default: its kind. */
  readonly id?: string;
  /** SHADOW is measured and never traded. Default LIVE. */
  readonly stage?: 'SHADOW' | 'LIVE';
  /** Numbers by name, see the kind; default those of the kind. */
  readonly parameters?: Parameters;
  /** Regimes in which it may propose; default all. */
  readonly regimes?: readonly Regime[];
  /** URL of an ES module that exports `kind: StrategyKind`; default none, a built-in kind. */
  readonly module?: string;
}

export interface StrategyOptions {
  /** Candles of this timeframe are traded; others are ignored. Default 1m. */
  readonly timeframe?: Timeframe;
  /** What runs. Default the trend strategy. */
  readonly strategies?: readonly StrategySetting[];
  /** Distance of the stop from the close in ATR of 14 bars, > 0. Default 2. */
  readonly stopAtrMultiple?: number;
  /** Largest distance of the stop from the close in percent, 0..3. Default 3: beyond it the risk kernel refuses. */
  readonly stopPctMax?: number;
  /** Distance of the target in multiples of the stop's distance, > 0. Default 2. */
  readonly targetR?: number;
  /** Throws within `errorWindowEvents` after which a strategy is stopped on a symbol, >= 1. Default 3. */
  readonly errorsMax?: number;
  /** Events over which throws are counted, >= 1. Default 100. */
  readonly errorWindowEvents?: number;
}

export interface ResolvedSetting {
  readonly kind: string;
  readonly id: string;
  readonly stage: 'SHADOW' | 'LIVE';
  readonly parameters: Parameters;
  /** Empty means all. */
  readonly regimes: readonly Regime[];
  /** Empty means built in. */
  readonly module: string;
}

export interface ResolvedStrategyOptions extends Required<Omit<StrategyOptions, 'strategies'>> {
  readonly strategies: readonly ResolvedSetting[];
}

/** The largest stop distance that the risk kernel accepts, percent of the entry. */
const STOP_PCT_LIMIT = 3;

export const defaultStrategyOptions = {
  timeframe: '1m',
  strategies: [{ kind: 'trend' }],
  stopAtrMultiple: 2,
  stopPctMax: STOP_PCT_LIMIT,
  targetR: 2,
  errorsMax: 3,
  errorWindowEvents: 100,
} as const satisfies Required<StrategyOptions>;

/** @throws QtError QT_OPTION_INVALID */
export function resolveStrategyOptions(partial: StrategyOptions = {}): ResolvedStrategyOptions {
  const options: Required<StrategyOptions> = { ...defaultStrategyOptions, ...partial };
  checkOneOf('timeframe', options.timeframe, Object.values(Timeframe));
  checkNumber('stopAtrMultiple', options.stopAtrMultiple, { min: 0.01, max: 100 });
  checkNumber('stopPctMax', options.stopPctMax, { min: 0.001, max: STOP_PCT_LIMIT });
  checkNumber('targetR', options.targetR, { min: 0.01, max: 100 });
  checkNumber('errorsMax', options.errorsMax, { min: 1, integer: true });
  checkNumber('errorWindowEvents', options.errorWindowEvents, { min: 1, integer: true });
  const strategies = options.strategies.map(resolveSetting);
  const ids = strategies.map((setting) => setting.id);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined) throw invalidOption('strategies.id', twice, 'a different id for each strategy');
  return { ...options, strategies };
}

function resolveSetting(setting: StrategySetting): ResolvedSetting {
  const { kind, id = kind, stage = 'LIVE', parameters = {}, regimes = [], module = '' } = setting;
  checkOneOf('strategies.stage', stage, ['SHADOW', 'LIVE']);
  for (const regime of regimes) checkOneOf('strategies.regimes', regime, Object.values(Regime));
  // A kind of a foreign module is known only where the module is loaded; its parameters are checked there.
  if (module !== '') return { kind, id, stage, parameters, regimes, module };
  const known = BUILT_IN_STRATEGIES[kind];
  if (known === undefined) throw invalidOption('strategies.kind', kind, `one of ${Object.keys(BUILT_IN_STRATEGIES).join(', ')}`);
  return { kind, id, stage, parameters: resolveParameters(id, known, parameters), regimes, module };
}

/**
 * The parameters of a strategy with its defaults.
 *
 * @throws QtError QT_OPTION_INVALID for a name it does not have or a value outside its range
 */
export function resolveParameters(id: string, kind: StrategyKind, given: Parameters): Parameters {
  const names = Object.keys(kind.parameters);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) throw invalidOption(`${id}.${unknown}`, given[unknown], `one of the parameters ${names.join(', ')}`);
  return Object.fromEntries(
    Object.entries(kind.parameters).map(([name, spec]) => [name, checkNumber(`${id}.${name}`, given[name] ?? spec.default, spec)]),
  );
}
