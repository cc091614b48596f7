import { checkNumber, checkOneOf, invalidOption } from '../../base/index.ts';
import { MAIN_ACCOUNT, RunMode } from '../../model/index.ts';
import type { LatchRead } from './latch-store.ts';

export interface KillSwitchOptions {
  /** Account id, default `main`. */
  readonly account?: string;
  /** Drills run in every mode but `live`, where a drill is a kill. Default backtest. */
  readonly mode?: RunMode;
  /**
   * Where the latch lives: in memory (a run begins armed, or as `found` says) or in a file that survives. Live wants a file.
   * Default memory.
   */
  readonly latch?: { readonly kind: 'memory'; readonly found?: LatchRead } | { readonly kind: 'file'; readonly path: string };
  /** How a reset is authenticated. `none` (default) refuses every reset; `totp` reads secrets from a JSON file. */
  readonly secondFactor?: { readonly kind: 'none' } | { readonly kind: 'totp'; readonly secretsFile: string };
  /** Equity until the first daily status, account currency, > 0, default 100 000. */
  readonly initialEquityUsd?: number;
  /** A reset needs a preflight that passed since the latch, default true. */
  readonly preflightRequired?: boolean;
  /** How long a valid reset is held before it takes effect, milliseconds, default 60 000. */
  readonly holdMs?: number;
  /** Position mismatch that kills, percent, default 5. */
  readonly mismatchPctKill?: number;
  /** Manual actions other than stopping are refused for so long after a failed authentication, milliseconds, default 3 600 000. */
  readonly manualLockMs?: number;
}

export type ResolvedKillSwitchOptions = Required<KillSwitchOptions>;

export const defaultKillSwitchOptions: ResolvedKillSwitchOptions = Object.freeze<ResolvedKillSwitchOptions>({
  account: MAIN_ACCOUNT,
  mode: RunMode.backtest,
  latch: { kind: 'memory' },
  secondFactor: { kind: 'none' },
  initialEquityUsd: 100_000,
  preflightRequired: true,
  holdMs: 60_000,
  mismatchPctKill: 5,
  manualLockMs: 3_600_000,
});

/** @throws QtError QT_OPTION_INVALID */
export function resolveKillSwitchOptions(options: KillSwitchOptions = {}): ResolvedKillSwitchOptions {
  const merged = { ...defaultKillSwitchOptions, ...options };
  if (merged.account === '') throw invalidOption('account', merged.account, 'a name');
  checkOneOf('mode', merged.mode, Object.values(RunMode));
  checkOneOf('latch.kind', merged.latch.kind, ['memory', 'file']);
  checkOneOf('secondFactor.kind', merged.secondFactor.kind, ['none', 'totp']);
  checkNumber('initialEquityUsd', merged.initialEquityUsd, { min: 0.01, max: 1e9 });
  checkNumber('holdMs', merged.holdMs, { min: 0, max: 86_400_000, integer: true });
  checkNumber('mismatchPctKill', merged.mismatchPctKill, { min: 0, max: 100 });
  checkNumber('manualLockMs', merged.manualLockMs, { min: 0, max: 366 * 86_400_000, integer: true });
  return merged;
}
