/**
 * How many events per second reach one handler, when several worker threads produce them?
 *
 *   worker 1  handler: ctx.publish x 64  ---.
 *   worker 2  handler: ctx.publish x 64  ---+--> main thread, routes the bytes ====> one group, counts
 *   worker N  handler: ctx.publish x 64  ---'
 *
 * The main thread sets the producers off with one event per burst; what they publish is encoded on their threads and
 * crosses the main thread as bytes.
 */
import { createEventBus, moduleHandler, type EventBus, type EventInput } from '../../src/index.ts';
import type { BenchCase, Plot } from '../case.ts';
import { alternate, type Rounds, type Subject } from '../harness/alternate.ts';
import { checkBooks } from '../harness/counted.ts';
import { throughputOf, throughputRatios } from '../harness/figures.ts';
import { frameBytesOf } from '../harness/frame-bytes.ts';
import { pointAt } from '../harness/latency-figures.ts';
import { spreadOf } from '../harness/statistics.ts';
import { Tally } from '../harness/tally.ts';
import { BenchEcho, BenchTrade, checksumOf, createInputs, tradeOf, type Trade } from '../trade.ts';

const BURST = 64;
const inputs = createInputs();

export const bench: BenchCase<'fan-in'> = {
  name: 'fan-in',
  question: 'How many events per second reach one handler, when several worker threads produce them?',
  async run({ events, producers, ...roundSettings }) {
    const triggers = Math.ceil(events / BURST);
    const opened = await Promise.all(producers.map((count) => openFanIn(count)));
    try {
      const rounds = await alternate(
        opened.map((fanIn) => subjectOf(fanIn, triggers)),
        roundSettings,
      );
      return {
        subjects: throughputOf(rounds, frameBytesOf(inputs.drafts)),
        ratios: throughputRatios(rounds, [nameOf(producers[0]!)]),
        plots: [plotOf(rounds, producers)],
      };
    } finally {
      await Promise.all(opened.map(({ bus }) => bus.stop()));
    }
  },
};

interface FanIn {
  readonly producers: number;
  readonly bus: EventBus;
  readonly tally: Tally;
  readonly drafts: readonly EventInput<Trade>[];
}

/** Each producer has a thread, and so has the handler: its group's name decides on which. */
async function openFanIn(producers: number): Promise<FanIn> {
  const bus = createEventBus({ mode: 'threads', workers: producers });
  const tally = new Tally();
  const burst = moduleHandler(new URL('../handlers/producer.ts', import.meta.url), 'onTrade', { options: { burst: BURST } });
  const count = moduleHandler(new URL('../handlers/tally.ts', import.meta.url), 'onTrade', { options: { memory: tally.memory } });
  bus.subscribe(BenchTrade.type, burst, { group: 'producers', concurrency: producers });
  bus.subscribe(BenchEcho.type, count, { group: 'counter', concurrency: 1 });
  await bus.start();
  return { producers, bus, tally, drafts: inputs.drafts };
}

function subjectOf({ bus, drafts, producers, tally }: FanIn, triggers: number): Subject {
  const events = triggers * BURST;
  return {
    name: nameOf(producers),
    events,
    prepare: () => tally.expect(events),
    run: async () => {
      for (let i = 0; i < triggers; i++) {
        const draft = drafts[i & inputs.mask]!;
        if (bus.tryPublish(draft) < 0) await bus.publish(draft);
      }
      await tally.wait();
    },
    check: async () => {
      await checkBooks(bus);
      tally.check(events, checksumOfBursts(triggers));
    },
  };
}

function checksumOfBursts(triggers: number): number {
  let burst = 0;
  for (let i = 0; i < BURST; i++) burst += checksumOf(tradeOf(i));
  return (burst * triggers) | 0;
}

function plotOf(rounds: Rounds, producers: readonly number[]): Plot {
  return {
    title: 'Throughput by number of producing threads',
    x: { label: 'producing threads', scale: 'linear' },
    y: { label: 'events per second', scale: 'linear' },
    series: [
      {
        name: 'derived events at one handler',
        points: producers.map((count) => pointAt(count, spreadOf(rounds.get(nameOf(count))!.ns.map((ns) => 1e9 / ns)))),
      },
    ],
  };
}

function nameOf(producers: number): string {
  return producers === 1 ? '1 producer' : `${producers} producers`;
}
