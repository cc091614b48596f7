import type { BenchCase } from './case.ts';
import type { CaseName } from './config.ts';

/** Where a case lives; loaded in its own process only. */
export interface CaseEntry {
  readonly name: CaseName;
  /** `micro` for one function, `topology` for a shape of publishers and handlers, `scenario` for a whole program. */
  readonly folder: 'micro' | 'topology' | 'scenario';
  /** A literal import, so that a bundler finds the module. */
  load(): Promise<{ readonly bench: BenchCase }>;
}

/** Every case, in the order of a run. */
export const CASES: readonly CaseEntry[] = [
  { folder: 'micro', name: 'ring', load: () => import('./micro/ring.ts') },
  { folder: 'micro', name: 'codec', load: () => import('./micro/codec.ts') },
  { folder: 'topology', name: 'one-to-one-throughput', load: () => import('./topology/one-to-one-throughput.ts') },
  { folder: 'topology', name: 'one-thread', load: () => import('./topology/one-thread.ts') },
  { folder: 'topology', name: 'event-profile', load: () => import('./topology/event-profile.ts') },
  { folder: 'topology', name: 'paced-latency', load: () => import('./topology/paced-latency.ts') },
  { folder: 'topology', name: 'ping-pong', load: () => import('./topology/ping-pong.ts') },
  { folder: 'topology', name: 'overtaking', load: () => import('./topology/overtaking.ts') },
  { folder: 'topology', name: 'retry-timing', load: () => import('./topology/retry-timing.ts') },
  { folder: 'topology', name: 'replacement', load: () => import('./topology/replacement.ts') },
  { folder: 'topology', name: 'fan-out', load: () => import('./topology/fan-out.ts') },
  { folder: 'topology', name: 'fan-in', load: () => import('./topology/fan-in.ts') },
  { folder: 'topology', name: 'pipeline-6', load: () => import('./topology/pipeline-6.ts') },
  { folder: 'topology', name: 'handler-cpu', load: () => import('./topology/handler-cpu.ts') },
  { folder: 'topology', name: 'payload-sizes', load: () => import('./topology/payload-sizes.ts') },
  { folder: 'topology', name: 'burst', load: () => import('./topology/burst.ts') },
  { folder: 'topology', name: 'slow-consumer', load: () => import('./topology/slow-consumer.ts') },
  { folder: 'topology', name: 'types-10000', load: () => import('./topology/types-10000.ts') },
  { folder: 'topology', name: 'journal-levels', load: () => import('./topology/journal-levels.ts') },
  { folder: 'topology', name: 'journal-replay', load: () => import('./topology/journal-replay.ts') },
  { folder: 'topology', name: 'journal-open', load: () => import('./topology/journal-open.ts') },
  { folder: 'topology', name: 'sql-tables', load: () => import('./topology/sql-tables.ts') },
  { folder: 'topology', name: 'brokers', load: () => import('./topology/brokers.ts') },
  { folder: 'scenario', name: 'trading-day', load: () => import('./scenario/trading-day.ts') },
  { folder: 'scenario', name: 'memory', load: () => import('./scenario/memory.ts') },
  { folder: 'scenario', name: 'footprint', load: () => import('./scenario/footprint.ts') },
  { folder: 'scenario', name: 'start', load: () => import('./scenario/start.ts') },
];

/**
 * Cases whose `folder/name` holds one of the words; `*` stands for anything, and a whole name for that case alone. All
 * of them without a word.
 */
export function selectCases(words: readonly string[]): CaseEntry[] {
  if (words.length === 0) return [...CASES];
  const tests = words.map((word) => {
    if (CASES.some(({ name }) => name === word)) return (_path: string, name: string) => name === word;
    const pattern = new RegExp(word.split('*').map(RegExp.escape).join('.*'));
    return (path: string) => pattern.test(path);
  });
  return CASES.filter(({ folder, name }) => tests.some((test) => test(`${folder}/${name}`, name)));
}
