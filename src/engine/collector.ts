import type { Host } from './host.ts';

/** What came out of use: numbers that frames in the rings may still carry. */
export interface Unused {
  readonly pages: number[];
  readonly consumers: number[];
  readonly subscriptions: number[];
}

/**
 * Decides when the numbers of closed subscriptions and old routes can be forgotten: once every ring has been seen empty
 * since they came out of use, no frame can carry them any more. Without it a program that subscribes and unsubscribes for
 * ever would grow for ever.
 *
 * Two generations: one collects while the other waits for its rings.
 */
export class Collector {
  readonly #hosts: readonly Host[];
  readonly #onUnused: (unused: Unused) => void;
  #collecting = empty();
  #waiting: Unused | null = null;
  /** Rings that have not been seen empty since the waiting generation was closed. */
  readonly #pending = new Set<Host['outlets'][number]>();

  constructor(hosts: readonly Host[], onUnused: (unused: Unused) => void) {
    this.#hosts = hosts;
    this.#onUnused = onUnused;
  }

  add(kind: keyof Unused, id: number): void {
    this.#collecting[kind].push(id);
  }

  /** Looks at the rings; cheap while there is nothing to forget. */
  look(): void {
    if (this.#waiting === null && !this.#close()) return;
    for (const outlet of this.#pending) if (outlet.isEmpty) this.#pending.delete(outlet);
    if (this.#pending.size > 0) return;
    const unused = this.#waiting!;
    this.#waiting = null;
    this.#onUnused(unused);
  }

  #close(): boolean {
    const { pages, consumers, subscriptions } = this.#collecting;
    if (pages.length + consumers.length + subscriptions.length === 0) return false;
    this.#waiting = this.#collecting;
    this.#collecting = empty();
    for (const host of this.#hosts) for (const outlet of host.outlets) this.#pending.add(outlet);
    return true;
  }
}

function empty(): Unused {
  return { pages: [], consumers: [], subscriptions: [] };
}
