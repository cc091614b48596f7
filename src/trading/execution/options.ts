import { checkNumber, checkOneOf, invalidOption } from '../../base/index.ts';
import { MAIN_ACCOUNT, RunMode } from '../../model/index.ts';
import type { ChargePreset } from './costs/charges.ts';
import { chargePreset } from './costs/presets.ts';
import type { DoorOptions } from '../risk/index.ts';
import { defaultInstrument, type Instrument } from './grid.ts';
import { resolvePaperVenueOptions, type PaperVenueOptions, type PaperVenueSettings } from './paper-options.ts';

export interface ExecutionOptions {
  /** What becomes of an order; read at the choke point and nowhere else. Default `logging_only`. */
  readonly mode?: RunMode;
  /** Account id, part of every client order id; default `main`. */
  readonly account?: string;
  /** Currency of fees, default USD. */
  readonly currency?: string;
  /** Price list: a preset's name, or rules of your own. Default `us_equity`. */
  readonly charges?: string | ChargePreset;
  /** Grids by symbol; a symbol without one has `defaultInstrument`. */
  readonly instruments?: Readonly<Record<string, Partial<Instrument>>>;
  /** Default tick 0.01, step 1, multiplier 1. */
  readonly defaultInstrument?: Partial<Instrument>;
  /** How the paper venue fills. */
  readonly paper?: PaperVenueSettings;
  /**
   * True if the data are recorded bars: lifetimes shorter than a bar then last one bar. Default true in backtest, else false.
   */
  readonly recordedBars?: boolean;
  /** How far through the entry price a limit entry without a limit price may go, ratio, default 0.001. */
  readonly entryToleranceRatio?: number;
  /** How long an entry may work, microseconds, default 30 s; what is left is cancelled. */
  readonly entryLifetimeUs?: number;
  /** How long a stop that rests at the venue is given to fill after it was hit, microseconds, default 2 s. */
  readonly stopWaitUs?: number;
  /** Options of the risk guard's check at the door. */
  readonly door?: DoorOptions;
}

export interface ResolvedExecutionOptions {
  readonly mode: RunMode;
  readonly account: string;
  readonly currency: string;
  readonly charges: ChargePreset;
  readonly instruments: Readonly<Record<string, Instrument>>;
  readonly defaultInstrument: Instrument;
  readonly paper: PaperVenueOptions;
  readonly recordedBars: boolean;
  readonly entryToleranceRatio: number;
  readonly entryLifetimeUs: number;
  readonly stopWaitUs: number;
  readonly door: DoorOptions;
}

export const defaultExecutionOptions = Object.freeze({
  mode: 'logging_only',
  account: MAIN_ACCOUNT,
  currency: 'USD',
  charges: 'us_equity',
  entryToleranceRatio: 0.001,
  entryLifetimeUs: 30_000_000,
  stopWaitUs: 2_000_000,
}) satisfies ExecutionOptions;

/** @throws QtError QT_OPTION_INVALID, QT_EXECUTION_PRESET_UNKNOWN */
export function resolveExecutionOptions(options: ExecutionOptions = {}): ResolvedExecutionOptions {
  const all = { ...defaultExecutionOptions, ...options };
  const mode = checkOneOf('mode', all.mode, Object.values(RunMode));
  if (all.account === '') throw invalidOption('account', all.account, 'a name');
  const fallback = resolveInstrument('defaultInstrument', options.defaultInstrument, defaultInstrument);
  const instruments = Object.entries(options.instruments ?? {}).map(
    ([symbol, given]) => [symbol, resolveInstrument(`instruments.${symbol}`, given, fallback)] as const,
  );
  return {
    mode,
    account: all.account,
    currency: all.currency,
    charges: typeof all.charges === 'string' ? chargePreset(all.charges) : checkPreset(all.charges),
    instruments: Object.fromEntries(instruments),
    defaultInstrument: fallback,
    paper: resolvePaperVenueOptions(options.paper),
    recordedBars: options.recordedBars ?? mode === 'backtest',
    entryToleranceRatio: checkNumber('entryToleranceRatio', all.entryToleranceRatio, { min: 0, max: 0.1 }),
    entryLifetimeUs: checkNumber('entryLifetimeUs', all.entryLifetimeUs, { min: 1, integer: true }),
    stopWaitUs: checkNumber('stopWaitUs', all.stopWaitUs, { min: 0, integer: true }),
    door: options.door ?? {},
  };
}

function resolveInstrument(field: string, given: Partial<Instrument> | undefined, fallback: Instrument): Instrument {
  const instrument = { ...fallback, ...given };
  checkNumber(`${field}.tick`, instrument.tick, { min: 1e-9, max: 1e9 });
  checkNumber(`${field}.step`, instrument.step, { min: 1e-9, max: 1e9 });
  checkNumber(`${field}.multiplier`, instrument.multiplier, { min: 1e-9, max: 1e9 });
  if (instrument.minSize !== undefined) checkNumber(`${field}.minSize`, instrument.minSize, { min: 0, max: 1e12 });
  return instrument;
}

function checkPreset(preset: ChargePreset): ChargePreset {
  checkNumber('charges.minorUnit', preset.minorUnit, { min: 1e-6, max: 1e6 });
  checkNumber('charges.taxRatio', preset.taxRatio ?? 0, { min: 0, max: 1 });
  for (const rule of preset.rules) {
    checkOneOf(`charges.${rule.name}.basis`, rule.basis, ['turnover', 'buy', 'sell', 'order']);
    for (const field of ['rateRatio', 'perUnit', 'flat', 'min', 'max', 'maxRatio'] as const) {
      if (rule[field] !== undefined) checkNumber(`charges.${rule.name}.${field}`, rule[field], {});
    }
  }
  return preset;
}
