/**
 * Does memory grow with the number of events?
 *
 *   publisher ==== N events, a hundredth of them first ====> one worker
 *   resident memory:  ^ after the first part                 ^ at the end, and in between
 *
 * The second figure should be the first one. `--long` takes 10^8 events, the others enough to see a leak of a few bytes
 * per event. Where a difference comes from is in the columns beside it: the heaps of the two threads, the part of the main
 * one that V8 keeps for new objects, and the rest: code of Node, rings, what lies outside the heaps, and for some seconds
 * the pages that V8 has just taken out of a heap.
 */
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { createEventBus, moduleHandler } from '../../src/index.ts';
import type { BenchCase, PlotPoint } from '../case.ts';
import { collectGarbage } from '../harness/collector.ts';
import { tryPublishAll } from '../harness/counted.ts';
import { checkSame } from '../harness/check.ts';
import { spreadOf, type Spread } from '../harness/statistics.ts';
import { Tally } from '../harness/tally.ts';
import { turn } from '../harness/turn.ts';
import type { MemoryOptions } from '../handlers/memory.ts';
import { BenchTrade, checksumOfInputs, createInputs } from '../trade.ts';

const inputs = createInputs();
const MIB = 2 ** 20;
/** Between two looks; garbage that waits for its collection is no growth. */
const SLICE = 100_000;
const PLOTTED = 200;

export const bench: BenchCase<'memory'> = {
  name: 'memory',
  question: 'Does memory grow with the number of events?',
  async run({ baseEvents, events }) {
    const tally = new Tally();
    const workerHeap = new Float64Array(new SharedArrayBuffer(8));
    const bus = createEventBus({ mode: 'threads', workers: 1 });
    const options: MemoryOptions = { memory: tally.memory, heap: workerHeap.buffer as SharedArrayBuffer, every: SLICE };
    const handler = moduleHandler(new URL('../handlers/memory.ts', import.meta.url), 'onTrade', { options });
    bus.subscribe(BenchTrade.type, handler, { group: 'tally' });
    await bus.start();
    const points: PlotPoint[] = [];
    const start = performance.now();
    let sent = 0;
    const sendUpTo = async (goal: number): Promise<Parts> => {
      while (sent < goal) {
        const slice = Math.min(SLICE, goal - sent);
        tally.expect(slice);
        await tryPublishAll(bus, inputs.drafts, inputs.mask, slice);
        await tally.wait();
        tally.check(slice, checksumOfInputs(inputs, slice));
        sent += slice;
        points.push({ x: sent, y: process.memoryUsage.rss() / MIB });
      }
      return partsOf(await settledMb(), workerHeap[0]! / MIB);
    };
    try {
      const before = await sendUpTo(baseEvents);
      const after = await sendUpTo(events);
      await bus.drain({ timeoutMs: 60_000 });
      const { acknowledged, published } = bus.getStats();
      checkSame('published', published, events);
      checkSame('acknowledged', acknowledged, events);
      const seconds = (performance.now() - start) / 1000;
      return {
        subjects: [
          { name: `after ${baseEvents} events`, figures: figuresOf(before) },
          { name: `after ${events} events`, figures: { ...figuresOf(after), 'events/s': spreadOf([events / seconds]) } },
        ],
        ratios: [
          {
            subject: 'at the end',
            reference: 'after the first part',
            figure: 'resident MB',
            ratio: spreadOf([after['resident MB'] / before['resident MB']]),
          },
        ],
        plots: [
          {
            title: 'Resident memory while events pass',
            x: { label: 'events', scale: 'log' },
            y: { label: 'resident memory, MB', scale: 'linear' },
            series: [{ name: 'process with one worker', points: thinned(points) }],
          },
        ],
      };
    } finally {
      await bus.stop();
    }
  },
};

/** Megabytes by figure. */
interface Parts {
  readonly 'resident MB': number;
  readonly 'main heap': number;
  readonly 'of it young': number;
  readonly 'worker heap': number;
  readonly rest: number;
}

function partsOf(resident: number, worker: number): Parts {
  const main = getHeapStatistics().total_physical_size / MIB;
  const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')!.physical_space_size / MIB;
  return { 'resident MB': resident, 'main heap': main, 'of it young': young, 'worker heap': worker, rest: resident - main - worker };
}

function figuresOf(parts: Parts): Record<string, Spread> {
  return Object.fromEntries(Object.entries(parts).map(([name, mb]) => [name, spreadOf([mb as number])]));
}

/** What is left when the garbage is gone. */
async function settledMb(): Promise<number> {
  const samples = [];
  for (let i = 0; i < 5; i++) {
    collectGarbage();
    await turn();
    samples.push(process.memoryUsage.rss() / MIB);
  }
  return Math.min(...samples);
}

function thinned(points: readonly PlotPoint[]): PlotPoint[] {
  const every = Math.ceil(points.length / PLOTTED);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}
