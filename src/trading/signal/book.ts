import { isLive, type SignalRecord } from './record.ts';
import type { SignalStore } from './store.ts';

/** The live signals of one owner, found by signal, request or position. Every change goes to the store first. */
export class SignalBook {
  readonly #store: SignalStore;
  readonly #live = new Map<string, SignalRecord>();
  readonly #byRequest = new Map<string, string>();

  constructor(store: SignalStore) {
    this.#store = store;
  }

  latest(symbol: string, strategy: string): SignalRecord | undefined {
    return this.#store.latest(symbol, strategy);
  }

  get(signalId: string): SignalRecord | undefined {
    return this.#live.get(signalId);
  }

  byRequest(requestId: string): SignalRecord | undefined {
    return this.#live.get(this.#byRequest.get(requestId) ?? '');
  }

  /** In the order they were made. */
  ofSymbol(symbol: string): SignalRecord[] {
    return [...this.#live.values()].filter((record) => record.symbol === symbol);
  }

  /** Stores a new or changed signal; one that has ended is forgotten here. */
  put(record: SignalRecord): void {
    this.#store.save(record);
    if (isLive(record)) {
      this.#live.set(record.signalId, record);
      if (record.requestId !== null) this.#byRequest.set(record.requestId, record.signalId);
      return;
    }
    this.#live.delete(record.signalId);
    if (record.requestId !== null) this.#byRequest.delete(record.requestId);
  }
}
