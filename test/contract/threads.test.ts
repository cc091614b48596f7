import { createEventBus } from '../../src/index.ts';
import { busContract } from './bus-contract.ts';

busContract('threads', (options) => createEventBus({ workers: 1, ...options, mode: 'threads' }), {
  threads: true,
  boundedQueues: true,
});
