import { createPrng } from '../../src/base/index.ts';
import { moduleHandler, type EventBus } from '../../src/index.ts';
import { nextDelay, type Situation } from './plan.ts';

export interface SituationParts {
  readonly bus: EventBus;
  readonly seed: number;
  readonly chosen: ReadonlySet<Situation>;
  readonly handlers: URL;
  readonly handlerOptions: object;
  /** Publishes so many events without a pause. */
  readonly flood: (count: number) => void;
  /** Subscribes the group that comes later. */
  readonly subscribeLate: () => void;
  /** Sends some dead letters again. */
  readonly redrive: () => void;
}

/** What happens to the bus from outside its handlers while it is under load. */
export class Situations {
  readonly counts: Partial<Record<Situation, number>> = {};
  readonly #parts: SituationParts;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #open = new Set<Promise<unknown>>();
  readonly #actions: Readonly<Partial<Record<Situation, () => unknown>>>;
  readonly #dueMs = new Map<Situation, number>();
  /** Time that was left when the clocks were stopped. */
  readonly #leftMs = new Map<Situation, number>();

  constructor(parts: SituationParts) {
    this.#parts = parts;
    this.#actions = {
      stall: () => stall(500),
      flood: () => parts.flood(3000),
      churn: () => this.#churn(),
      'churn-module': () => this.#churnModule(),
      once: () => this.#once(),
      iterate: () => this.#iterate(),
      'late-group': () => parts.subscribeLate(),
      redrive: () => parts.redrive(),
    };
  }

  start(): void {
    for (const name of Object.keys(this.#actions) as Situation[]) {
      const isOver = name === 'late-group' && this.counts[name] === 1;
      if (this.#parts.chosen.has(name) && !isOver) this.#schedule(name);
    }
  }

  /** Stops the clocks until the next start, and waits until everything that was begun is over. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    const now = performance.now();
    for (const [name, dueMs] of this.#dueMs) this.#leftMs.set(name, Math.max(0, dueMs - now));
    this.#dueMs.clear();
    await Promise.all(this.#open);
  }

  #schedule(name: Situation): void {
    const prng = createPrng(`torture:${this.#parts.seed}:${name}:${this.counts[name] ?? 0}`);
    const delay = this.#leftMs.get(name) ?? nextDelay(prng, name);
    this.#leftMs.delete(name);
    this.#dueMs.set(name, performance.now() + delay);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.counts[name] = (this.counts[name] ?? 0) + 1;
      const open = this.#actions[name]!();
      if (open instanceof Promise) {
        this.#open.add(open);
        void open.finally(() => this.#open.delete(open));
      }
      // The later group comes once and stays.
      if (name !== 'late-group') this.#schedule(name);
    }, delay);
    this.#timers.add(timer);
  }

  async #churn(): Promise<void> {
    const handle = this.#parts.bus.subscribe(['torture.*', 'other.**'], () => {}, { retry: { maxRetries: 0 } });
    await pause(30);
    handle.unsubscribe();
  }

  async #churnModule(): Promise<void> {
    const handler = moduleHandler(this.#parts.handlers, 'onChurn', { options: this.#parts.handlerOptions });
    const handle = this.#parts.bus.subscribe('torture.**', handler);
    await pause(100);
    handle.unsubscribe();
  }

  async #once(): Promise<void> {
    await this.#parts.bus.once('torture.tick', { timeoutMs: 300, filter: { field: 'pick', op: '==', value: true } }).catch(() => {});
  }

  async #iterate(): Promise<void> {
    const signal = AbortSignal.timeout(500);
    const events = this.#parts.bus.events('torture.tick', { signal, highWater: 16 });
    for (let left = 100; left > 0 && (await events.next()).done !== true; left--);
    await events.return?.();
  }
}

function stall(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
