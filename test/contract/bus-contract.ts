import { afterEach, describe } from 'vitest';
import type { BusOptions, EventBus } from '../../src/index.ts';
import { asynchronousContract } from './asynchronous.ts';
import { badInputContract } from './bad-input.ts';
import { deliveryContract } from './delivery.ts';
import { lifecycleContract } from './lifecycle.ts';
import { queueContract } from './queues.ts';
import { retryContract } from './retries.ts';
import { sourceContract } from './source-documents.ts';
import { streamContract } from './streams.ts';

export type CreateBus = (options?: BusOptions) => EventBus;

/** What a bus promises beyond the interface; a suite asks for nothing more. */
export interface BusPromises {
  /** Module handlers run on threads of their own, so that one may block. */
  readonly threads: boolean;
  /** `ringBytes` and `fullPolicy` bound its queues. */
  readonly boundedQueues: boolean;
}

/** The contract of every bus. `create` must not start it. */
export function busContract(name: string, create: CreateBus, promises: BusPromises): void {
  const open: EventBus[] = [];
  const createAndRemember: CreateBus = (options) => {
    const bus = create(options);
    open.push(bus);
    return bus;
  };

  describe(`${name} bus`, () => {
    afterEach(async () => {
      await Promise.all(open.splice(0).map((bus) => bus.stop({ drainTimeoutMs: 0 })));
    });

    sourceContract(createAndRemember);
    deliveryContract(createAndRemember);
    retryContract(createAndRemember);
    asynchronousContract(createAndRemember, promises);
    if (promises.boundedQueues) queueContract(createAndRemember, promises);
    streamContract(createAndRemember);
    badInputContract(createAndRemember);
    lifecycleContract(createAndRemember, promises);
  });
}
