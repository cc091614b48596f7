import { createEventBus } from '../../src/index.ts';
import { busContract } from './bus-contract.ts';

busContract('inline', (options) => createEventBus({ ...options, mode: 'inline' }), { threads: false, boundedQueues: true });
