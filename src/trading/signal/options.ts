import { checkNumber } from '../../base/index.ts';
import { createTradingDays } from '../../model/index.ts';

export interface SignalOptions {
  /** IANA zone whose midnight begins a trading day. Default UTC. */
  readonly dayZone?: string;
  /**
   * Seconds after which a signal without an order has expired, > 0; at least one bar of its timeframe, since nothing
   * happens between bars. Default 300.
   */
  readonly lifetimeSeconds?: number;
}

export type ResolvedSignalOptions = Required<SignalOptions>;

export const defaultSignalOptions: ResolvedSignalOptions = { dayZone: 'UTC', lifetimeSeconds: 300 };

/** @throws QtError QT_OPTION_INVALID, QT_MODEL_ZONE_INVALID */
export function resolveSignalOptions(partial: SignalOptions = {}): ResolvedSignalOptions {
  const options = { ...defaultSignalOptions, ...partial };
  checkNumber('lifetimeSeconds', options.lifetimeSeconds, { min: 1 });
  createTradingDays(options.dayZone);
  return options;
}
