/**
 * How does throughput grow with worker threads, when handlers have work to do?
 *
 *   main thread          workers 1, 2, 4
 *   publisher ==== by key ===> handler: 0, 10 or 100 us of processor time
 *             `===============> handler
 *
 * Keys spread over the workers of one group. A machine cannot get faster than its processors are many, and one of them
 * publishes.
 */
import { createEventBus, moduleHandler, type EventBus } from '../../src/index.ts';
import type { BenchCase, Plot, RatioReport } from '../case.ts';
import { alternate, type Rounds, type Subject } from '../harness/alternate.ts';
import { checkBooks, countedSubject, tryPublishAll } from '../harness/counted.ts';
import { throughputOf, throughputRatios } from '../harness/figures.ts';
import { frameBytesOf } from '../harness/frame-bytes.ts';
import { pointAt } from '../harness/latency-figures.ts';
import { spreadOf } from '../harness/statistics.ts';
import { Tally } from '../harness/tally.ts';
import type { WorkOptions } from '../handlers/work.ts';
import { BenchTrade, createInputs } from '../trade.ts';

const inputs = createInputs();

export const bench: BenchCase<'handler-cpu'> = {
  name: 'handler-cpu',
  question: 'How does throughput grow with worker threads, when handlers have work to do?',
  async run({ cpuUs, roundUs, workers, ...roundSettings }) {
    const tally = new Tally();
    const rounds = new Map<string, Rounds extends ReadonlyMap<string, infer T> ? T : never>();
    const ratios: RatioReport[] = [];
    for (const us of cpuUs) {
      const events = Math.ceil(roundUs / (us + 1));
      const buses = await Promise.all(workers.map((count) => openBus(tally, us, count)));
      try {
        const found = await alternate(
          buses.map((bus, i) => subjectOf(bus, tally, nameOf(us, workers[i]!), events)),
          roundSettings,
        );
        for (const [name, times] of found) rounds.set(name, times);
        ratios.push(...throughputRatios(found, [nameOf(us, workers[0]!)]));
      } finally {
        await Promise.all(buses.map((bus) => bus.stop()));
      }
    }
    return { subjects: throughputOf(rounds, frameBytesOf(inputs.drafts)), ratios, plots: [plotOf(rounds, cpuUs, workers)] };
  },
};

async function openBus({ memory }: Tally, cpuUs: number, workers: number): Promise<EventBus> {
  const bus = createEventBus({ mode: 'threads', workers });
  const options: WorkOptions = { memory, cpuUs };
  bus.subscribe(BenchTrade.type, moduleHandler(new URL('../handlers/work.ts', import.meta.url), 'onTrade', { options }), { group: 'work' });
  await bus.start();
  return bus;
}

function subjectOf(bus: EventBus, tally: Tally, name: string, events: number): Subject {
  const publish = (): Promise<void> => tryPublishAll(bus, inputs.drafts, inputs.mask, events);
  return countedSubject(tally, inputs, name, events, publish, () => checkBooks(bus));
}

function plotOf(rounds: Rounds, cpuUs: readonly number[], workers: readonly number[]): Plot {
  return {
    title: 'Throughput by number of workers, for handlers of different work',
    x: { label: 'worker threads', scale: 'linear' },
    y: { label: 'events per second', scale: 'log' },
    series: cpuUs.map((us) => ({
      name: `${us} us of work`,
      points: workers.map((count) => pointAt(count, spreadOf(rounds.get(nameOf(us, count))!.ns.map((ns) => 1e9 / ns)))),
    })),
  };
}

function nameOf(cpuUs: number, workers: number): string {
  return `${cpuUs} us on ${workers} ${workers === 1 ? 'worker' : 'workers'}`;
}
