import type { SignalsAdvisoryNewPayload } from '../../model/index.ts';
import type { Checklist } from './checklist.ts';
import type { RiskState } from './state.ts';

const TEXTS = ['signal_id', 'symbol', 'reasoning', 'model_version', 'strategy_id', 'regime'] as const;
const NUMBERS = ['edge_score', 'confidence', 'entry_price', 'expires_at'] as const;
/** May be absent, but not nonsense. A missing stop is the trade dimension's affair, with a code of its own. */
const OPTIONAL_NUMBERS = ['stop_loss', 'target', 'regime_confidence', 'latency_ms'] as const;
const RATIOS = ['confidence', 'regime_confidence'] as const;

/**
 * Checks the form of a signal: everything there, finite, in range, of a known symbol, not expired. The bus has checked
 * the schema; this is the last word on money and trusts nobody.
 */
export function checkInput(state: RiskState, signal: SignalsAdvisoryNewPayload, list: Checklist): boolean {
  const fields = signal as unknown as Record<string, unknown>;
  const present =
    TEXTS.every((name) => typeof fields[name] === 'string') &&
    TEXTS.every((name) => name === 'reasoning' || fields[name] !== '') &&
    NUMBERS.every((name) => typeof fields[name] === 'number') &&
    typeof signal.regime_fit === 'boolean';
  if (!list.check('INPUT_MISSING', present)) return false;
  const numbers = [...NUMBERS, ...OPTIONAL_NUMBERS].map((name) => fields[name]).filter((value) => value !== undefined && value !== null);
  const finite = numbers.every((value) => typeof value === 'number' && Number.isFinite(value));
  const inRange = RATIOS.every((name) => fields[name] === undefined || (fields[name] as number) <= 1) && signal.edge_score <= 100;
  const { instruments, defaultInstrument } = state.options;
  return (
    list.check('NOT_FINITE', finite) &&
    list.check('NEGATIVE', numbers.every((value) => (value as number) >= 0) && (signal.entry_price as number) > 0) &&
    list.check('OUT_OF_RANGE', inRange) &&
    list.check('NO_SIGNAL', signal.recommended_action === 'LONG' || signal.recommended_action === 'SHORT') &&
    list.check('EXECUTION_POWER', signal.execution_power === 'NONE') &&
    list.check('SYMBOL_UNKNOWN', instruments.has(signal.symbol) || defaultInstrument !== null) &&
    list.check('SIGNAL_EXPIRED', state.now < (signal.expires_at as number), state.now, signal.expires_at ?? null)
  );
}

/** Checks stop and regime of an entry. */
export function checkTrade(state: RiskState, signal: SignalsAdvisoryNewPayload, distanceRatioMax: number, list: Checklist): boolean {
  const entry = signal.entry_price as number;
  const stop = signal.stop_loss ?? null;
  if (!list.check('STOP_MISSING', stop !== null && stop > 0, stop) || stop === null) return false;
  const losing = signal.recommended_action === 'LONG' ? stop < entry : stop > entry;
  return (
    list.check('STOP_WRONG_SIDE', losing, stop, entry) &&
    list.check('STOP_TOO_FAR', !isTooFar(entry, stop, distanceRatioMax), Math.abs(entry - stop) / entry, distanceRatioMax) &&
    list.check('REGIME_MISMATCH', signal.regime_fit)
  );
}

/** Whether |entry - stop| is more than a share of the entry, free of the noise of subtracting decimals. */
export function isTooFar(entry: number, stop: number, ratioMax: number): boolean {
  return Math.abs(entry - stop) > ratioMax * entry * (1 + 1e-12);
}
