import { checkNumber, checkOneOf } from '../../base/index.ts';
import { createInstrument, type Instrument, type InstrumentSpec, type RunMode } from '../../model/index.ts';

/** Options of the position service and its monitor. */
export interface PositionStateOptions {
  /** Grids; a symbol that is not listed has the default instrument's. Default none. */
  readonly instruments?: readonly InstrumentSpec[];
  /** Mode that positions of this run are stamped with; logging_only has no fills and so no positions. Default backtest. */
  readonly mode?: RunMode;
  /** Shortest spacing of published marks per position, microseconds of logical time, >= 0; default 1 s. */
  readonly markEveryUs?: number;
  /** A mark is published at once when the result crosses a multiple of this, R, > 0; default 0.5. */
  readonly markStepR?: number;
  /** How long a book's mid is preferred to the last price, microseconds, >= 0; default 5 s. */
  readonly bookFreshUs?: number;
}

/** Options with every default filled in, checked once. */
export interface ResolvedPositionStateOptions extends Required<Omit<PositionStateOptions, 'instruments'>> {
  readonly instruments: readonly Instrument[];
}

/** Meant for every kind of data. */
export const defaultPositionStateOptions: ResolvedPositionStateOptions = {
  instruments: [],
  mode: 'backtest',
  markEveryUs: 1_000_000,
  markStepR: 0.5,
  bookFreshUs: 5_000_000,
};

/** @throws QtError QT_OPTION_INVALID naming the field, its value and its range */
export function resolvePositionStateOptions(options: PositionStateOptions = {}): ResolvedPositionStateOptions {
  const instruments = (options.instruments ?? []).map(createInstrument);
  const resolved = { ...defaultPositionStateOptions, ...options, instruments };
  checkOneOf('mode', resolved.mode, ['backtest', 'paper', 'logging_only', 'live']);
  checkNumber('markEveryUs', resolved.markEveryUs, { min: 0, integer: true });
  checkNumber('markStepR', resolved.markStepR, { min: 0.001 });
  checkNumber('bookFreshUs', resolved.bookFreshUs, { min: 0, integer: true });
  return resolved;
}
