import type { SimResult } from './simulation.ts';

const BOOKS = [
  'published',
  'dispatched',
  'acknowledged',
  'filtered',
  'deadLettered',
  'dropped',
  'pending',
  'errors',
  'retried',
  'crashes',
  'rateLimited',
] as const;

/** Adds up what many seeds did, for the report. */
export class Summary {
  seeds = 0;
  turns = 0;
  readonly injected = new Map<string, number>();
  readonly #books = new Map<string, number>();
  readonly #tallies = new Map<string, number>();

  add(result: SimResult): void {
    this.seeds++;
    this.turns += result.turns;
    for (const [what, times] of result.injected) increase(this.injected, what, times);
    for (const [what, times] of Object.entries(result.tallies)) increase(this.#tallies, what, times);
    for (const name of BOOKS) increase(this.#books, name, result.stats[name]);
  }

  print(ms: number): void {
    console.log('Injected');
    for (const [what, times] of [...this.injected].toSorted(([a], [b]) => (a < b ? -1 : 1))) line(what, times);
    console.log('Books, added up');
    for (const [name, value] of this.#books) line(name, value);
    const of = (name: string): number => this.#books.get(name) ?? 0;
    const settled = of('acknowledged') + of('deadLettered') + of('dropped') + of('pending');
    line('dispatched - acknowledged - dead - dropped - pending', of('dispatched') - settled);
    console.log('Checked');
    for (const [what, times] of this.#tallies) line(what, times);
    console.log(`${this.seeds} seeds, ${this.turns} turns, ${(ms / 1000).toFixed(1)} s, ${(ms / this.seeds).toFixed(2)} ms a seed`);
  }
}

function increase(map: Map<string, number>, name: string, by: number): void {
  map.set(name, (map.get(name) ?? 0) + by);
}

function line(name: string, value: number): void {
  console.log(`  ${name.padEnd(54)} ${value}`);
}
