import { checkNumber, checkOneOf } from '../../base/index.ts';
import { IN_BAR_ORDERS, type InBarOrder } from './in-bar.ts';
import { resolveSlippageOptions, type SlippageOptions } from './costs/slippage.ts';

/** How the paper venue fills. Plain data. */
export interface PaperVenueOptions {
  /** Order of several triggers inside one bar; default `worst`: stops first, then entries, then profit-taking limits. */
  readonly inBar: InBarOrder;
  /** Full spread when no fresh book is known, basis points of the price, >= 0, default 2. */
  readonly spreadBps: number;
  /** A book older than this is not used, microseconds, default 5 s. */
  readonly quoteAgeUsMax: number;
  readonly slippage: SlippageOptions;
  /** Largest share of a bar's volume that our orders may take, ratio in (0, 1], default 0.1. The rest stays open. */
  readonly participationRatioMax: number;
  /**
   * What to do while a bar's volume is 0 or unknown, as for an index: `unlimited` (default) switches the participation
   * limit off for it, `none` fills nothing.
   */
  readonly unknownVolume: 'unlimited' | 'none';
  /** Probability that a limit fills when the price only touches it, ratio, default 0. Drawn by order id. */
  readonly touchRatio: number;
}

export const defaultPaperVenueOptions: PaperVenueOptions = Object.freeze({
  inBar: 'worst',
  spreadBps: 2,
  quoteAgeUsMax: 5_000_000,
  slippage: resolveSlippageOptions(),
  participationRatioMax: 0.1,
  unknownVolume: 'unlimited',
  touchRatio: 0,
});

/** `PaperVenueOptions` with every field optional. */
export type PaperVenueSettings = Partial<Omit<PaperVenueOptions, 'slippage'>> & { readonly slippage?: Partial<SlippageOptions> };

/** @throws QtError QT_OPTION_INVALID */
export function resolvePaperVenueOptions(settings: PaperVenueSettings = {}): PaperVenueOptions {
  const options = { ...defaultPaperVenueOptions, ...settings, slippage: resolveSlippageOptions(settings.slippage) };
  checkOneOf('paper.inBar', options.inBar, IN_BAR_ORDERS);
  checkNumber('paper.spreadBps', options.spreadBps, { min: 0, max: 1_000 });
  checkNumber('paper.quoteAgeUsMax', options.quoteAgeUsMax, { min: 0, integer: true });
  checkNumber('paper.participationRatioMax', options.participationRatioMax, { min: 1e-9, max: 1 });
  checkOneOf('paper.unknownVolume', options.unknownVolume, ['unlimited', 'none']);
  checkNumber('paper.touchRatio', options.touchRatio, { min: 0, max: 1 });
  return options;
}
