import { CheckError } from './check.ts';
import type { Rounds } from './alternate.ts';
import { orMissing } from './optional.ts';

export interface MicroOptions {
  readonly rounds: number;
  /** For each function in each round. */
  readonly roundMs: number;
  /** What one call of a function does: its time is divided by it. */
  readonly operations: number;
}

/**
 * Times functions with tinybench, all of them once per round, so that noise hits all alike.
 *
 * @returns nanoseconds per operation, by function: the median call of each round; no processor time
 * @throws CheckError when a function throws
 * @throws MissingPeer without tinybench
 */
export async function timeInTurns(functions: Readonly<Record<string, () => void>>, options: MicroOptions): Promise<Rounds> {
  const { rounds, roundMs, operations } = options;
  const { Bench } = await orMissing('tinybench', () => import('tinybench'));
  const samples = new Map(Object.keys(functions).map((name) => [name, { ns: [] as number[], cpuNs: [] }]));
  for (let round = 0; round < rounds; round++) {
    const bench = new Bench({ time: roundMs, warmupTime: round === 0 ? roundMs : roundMs / 5 });
    for (const [name, run] of Object.entries(functions)) bench.add(name, run);
    for (const { name, result } of await bench.run()) {
      if (result.state !== 'completed') {
        throw new CheckError(`${name} ended as ${result.state}${result.state === 'errored' ? `: ${result.error.message}` : ''}`);
      }
      samples.get(name)!.ns.push((result.latency.p50 * 1e6) / operations);
    }
  }
  return samples;
}
