import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEventBus, PRIORITIES, type BusOptions, type EventBus } from '../../src/index.ts';
import { expectBalance } from '../support/books.ts';
import { SharedLog, type Run } from '../support/shared-log.ts';
import { scripted, step, type Action } from '../support/steps.ts';

const MAX_RETRIES = 2;
const FAILING: readonly Action[] = ['throw', 'later-throw'];

interface Planned {
  readonly symbol: string;
  readonly priority: (typeof PRIORITIES)[number];
  readonly script: readonly Action[];
}

const planned: fc.Arbitrary<Planned> = fc.record({
  symbol: fc.constantFrom('A', 'B', 'C', 'D'),
  priority: fc.constantFrom(...PRIORITIES),
  script: fc.oneof(
    { weight: 4, arbitrary: fc.constant<Action[]>([]) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom<Action>('ok', 'later', 'throw', 'later-throw', 'reject'), { maxLength: 4 }) },
  ),
});

/** How many attempts the contract gives this script, and whether it ends well. */
function outcomeOf(script: readonly Action[]): { attempts: number; isAcknowledged: boolean } {
  for (let attempt = 1; ; attempt++) {
    const action = script[attempt - 1] ?? 'ok';
    if (action === 'reject') return { attempts: attempt, isAcknowledged: false };
    if (!FAILING.includes(action)) return { attempts: attempt, isAcknowledged: true };
    if (attempt > MAX_RETRIES) return { attempts: attempt, isAcknowledged: false };
  }
}

describe.each<[string, BusOptions, number]>([
  ['inline', { mode: 'inline' }, 60],
  ['two worker threads', { mode: 'threads', workers: 2 }, 25],
])('any schedule of events on %s', (_name, options, numRuns) => {
  const own = new SharedLog();
  const fixed = new SharedLog();
  let bus: EventBus;

  beforeAll(async () => {
    bus = createEventBus({ ...options, retry: { maxRetries: MAX_RETRIES, backoffMs: [0, 1] } });
    bus.subscribe('contract.step', scripted(own), { group: 'own-lanes' });
    bus.subscribe('contract.step', scripted(fixed), { group: 'one-lane', priority: 'NORMAL' });
    await bus.start();
  });

  afterAll(async () => {
    await bus.stop();
  });

  it('keeps the order of keys, gives each event one outcome and balances its books', async () => {
    let nextId = 1;
    const run = fc.asyncProperty(fc.array(fc.array(planned, { maxLength: 15 }), { minLength: 1, maxLength: 5 }), async (bursts) => {
      const firstId = nextId;
      const events = bursts.flat();
      const before = [own.length, fixed.length] as const;
      bus.deadLetters.purge();

      for (const burst of bursts) {
        await bus.publishBatch(burst.map((plan) => step(nextId++, plan)));
        await new Promise(setImmediate);
      }
      await bus.drain({ timeoutMs: 10_000 });

      const eventOf = (run: Run): Planned => events[run.id - firstId]!;
      const attempts = (runs: readonly Run[]): number[] => events.map((_, i) => runs.filter((run) => run.id === firstId + i).length);
      const runs = [own.runs().slice(before[0]), fixed.runs().slice(before[1])] as const;
      const wanted = events.map((plan) => outcomeOf(plan.script));
      expect(attempts(runs[0]), 'attempts of each event').toEqual(wanted.map((outcome) => outcome.attempts));
      expect(attempts(runs[1]), 'attempts of each event').toEqual(wanted.map((outcome) => outcome.attempts));
      expectOrder(runs[0], (run) => `${eventOf(run).symbol}/${eventOf(run).priority}`);
      expectOrder(runs[1], (run) => eventOf(run).symbol);
      const dead = bus.deadLetters.list({ group: 'one-lane' }).map((letter) => Number(letter.event?.payload['id']) - firstId);
      expect(dead.toSorted((a, b) => a - b)).toEqual(events.flatMap((_, i) => (wanted[i]!.isAcknowledged ? [] : [i])));
      expectBalance(bus);
    });
    await fc.assert(run, { numRuns });
  });
});

/** First deliveries of each key come in publish order, which is the order of ids. */
function expectOrder(runs: readonly Run[], keyOf: (run: Run) => string): void {
  const first = runs.filter((run) => run.attempt === 1);
  for (const [key, ofKey] of Map.groupBy(first, keyOf)) {
    const ids = ofKey.map((run) => run.id);
    expect(ids, `first deliveries of ${key}`).toEqual(ids.toSorted((a, b) => a - b));
  }
}
