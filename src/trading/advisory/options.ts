import { checkNumber, invalidOption } from '../../base/index.ts';

export interface AdvisoryOptions {
  /** Candles of the signal's timeframe that must have been seen, >= 1. Default 100. */
  readonly candlesMin?: number;
  /** Age of the last market event, seconds of logical time, above which a signal is refused, > 0. Default 5. */
  readonly marketAgeSecondsMax?: number;
  /** Seconds from a signal to its expiry, > 0; confidence falls with each fifth of it. Default 300. */
  readonly lifetimeSeconds?: number;
  /** Wall-clock milliseconds for one signal, > 0, in live trading; null never enforces it, as every replay must. Default null. */
  readonly budgetMs?: number | null;
  /** Named on every advisory signal. Default advisory-1. */
  readonly modelVersion?: string;
}

export type ResolvedAdvisoryOptions = Required<AdvisoryOptions>;

export const defaultAdvisoryOptions: ResolvedAdvisoryOptions = {
  candlesMin: 100,
  marketAgeSecondsMax: 5,
  lifetimeSeconds: 300,
  budgetMs: null,
  modelVersion: 'advisory-1',
};

/**
 * The floor of confidence is no option: it is the strictest of the constitution, the policy and the orchestrator.
 *
 * @throws QtError QT_OPTION_INVALID
 */
export function resolveAdvisoryOptions(partial: AdvisoryOptions = {}): ResolvedAdvisoryOptions {
  const floor = Object.keys(partial).find((name) => /floor|minconfidence|confidencemin/i.test(name));
  if (floor !== undefined)
    throw invalidOption(floor, partial[floor as keyof AdvisoryOptions], 'no confidence floor: only a policy can raise it');
  const options = { ...defaultAdvisoryOptions, ...partial };
  checkNumber('candlesMin', options.candlesMin, { min: 1, integer: true });
  checkNumber('marketAgeSecondsMax', options.marketAgeSecondsMax, { min: 0 });
  checkNumber('lifetimeSeconds', options.lifetimeSeconds, { min: 1 });
  if (options.budgetMs !== null) checkNumber('budgetMs', options.budgetMs, { min: 1 });
  return options;
}
