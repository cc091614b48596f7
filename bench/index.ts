/**
 * The benchmark suite: `npm run bench` and `qt bench`. What it measures is in the folders `micro`, `topology` and
 * `scenario`, how in `harness`, against whom in `peers`, and how much in `bench.config.ts`.
 *
 * @module
 */
export { runBench, type BenchOptions } from './bench.ts';
export { runPart, type PartRequest } from './harness/parts.ts';
