import { MessageChannel } from 'node:worker_threads';
import { realScheduler, wrapPort, type Environment } from './environment.ts';
import { WorkerPool } from './pool.ts';

/** Threads of a piscina pool and the timers of Node. Apart from `environment.ts`, so that workers do not load the pool. */
export const realEnvironment: Environment = {
  scheduler: realScheduler,
  createPool: (options) => new WorkerPool(options),
  createChannel: () => {
    const { port1, port2 } = new MessageChannel();
    return [wrapPort(port1), wrapPort(port2)];
  },
};
