/**
 * The contract of the bus as a module of a user, which the executable loads from disk: `qt run --handlers suite.ts`. Writes
 * what came of each test to the file named by CONTRACT_OUTCOMES, and ends the process.
 */
import { writeFileSync } from 'node:fs';
import { createEventBus, type BusOptions } from '../../../src/index.ts';
import { busContract } from '../../contract/bus-contract.ts';
import { expect, it, runTests } from './runner.ts';

busContract('inline', (options?: BusOptions) => createEventBus({ ...options, mode: 'inline' }), { threads: false, boundedQueues: true });
busContract('threads', (options?: BusOptions) => createEventBus({ workers: 1, ...options, mode: 'threads' }), {
  threads: true,
  boundedQueues: true,
});
it('fails on purpose', () => expect({ a: [1, 2] }).toMatchObject!({ a: [1, 3] }));

writeFileSync(process.env['CONTRACT_OUTCOMES']!, JSON.stringify(await runTests()));
process.exit(0);
