import type { SignalRecord } from './record.ts';

/**
 * Where signals are remembered. Written before an event says so; whoever implements it may throw, and the manager then
 * treats the candidate as known already.
 */
export interface SignalStore {
  /** The newest signal of a strategy on a symbol, whatever became of it. */
  latest(symbol: string, strategy: string): SignalRecord | undefined;
  save(record: SignalRecord): void;
}

/** Remembers the newest signal of each symbol and strategy; gone with the process. */
export class MemorySignalStore implements SignalStore {
  readonly #latest = new Map<string, SignalRecord>();

  latest(symbol: string, strategy: string): SignalRecord | undefined {
    return this.#latest.get(toKey(symbol, strategy));
  }

  save(record: SignalRecord): void {
    const key = toKey(record.symbol, record.strategy);
    const known = this.#latest.get(key);
    // A late word on an older signal must not hide the newest one.
    if (known === undefined || known.signalId === record.signalId || known.createdAt <= record.createdAt) this.#latest.set(key, record);
  }
}

function toKey(symbol: string, strategy: string): string {
  return JSON.stringify([symbol, strategy]);
}
