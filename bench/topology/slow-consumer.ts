/**
 * What does a consumer that cannot keep up do to its publisher and to the memory of the process?
 *
 *   main thread                              worker thread
 *   publisher, as fast as it may ==========> handler: 20 us of processor time
 *             `-- waits when the ring is full
 *
 * The bus lets the publisher wait: what waits is bounded by its ring. `postMessage` takes everything: what waits grows
 * with what was sent.
 */
import { createEventBus, moduleHandler } from '../../src/index.ts';
import type { BenchCase, SubjectReport } from '../case.ts';
import { collectGarbage } from '../harness/collector.ts';
import { checkBooks, tryPublishAll } from '../harness/counted.ts';
import { ratioOf, spreadOf } from '../harness/statistics.ts';
import { Tally } from '../harness/tally.ts';
import { startThread } from '../harness/thread.ts';
import type { WorkOptions } from '../handlers/work.ts';
import { BenchTrade, checksumOfInputs, createInputs } from '../trade.ts';

const inputs = createInputs();
const { drafts, mask, plain } = inputs;
const BUS = 'bus.tryPublish';
const PEER = 'worker.postMessage';
const SAMPLE_MS = 5;

interface Measured {
  readonly perSecond: number[];
  readonly backlogMax: number[];
  readonly growthMb: number[];
}

export const bench: BenchCase<'slow-consumer'> = {
  name: 'slow-consumer',
  question: 'What does a consumer that cannot keep up do to its publisher and to the memory of the process?',
  async run({ cpuUs, events, rounds }) {
    const tally = new Tally();
    const options: WorkOptions = { memory: tally.memory, cpuUs };
    const bus = createEventBus({ mode: 'threads', workers: 1 });
    bus.subscribe(BenchTrade.type, moduleHandler(new URL('../handlers/work.ts', import.meta.url), 'onTrade', { options }), {
      group: 'slow',
    });
    await bus.start();
    const worker = await startThread(new URL('../peers/_slow-worker.ts', import.meta.url), options);
    const post = async (): Promise<void> => {
      for (let i = 0; i < events; i++) worker.postMessage(plain[i & mask]);
    };
    const found = new Map<string, Measured>([BUS, PEER].map((name) => [name, { perSecond: [], backlogMax: [], growthMb: [] }]));
    try {
      for (let round = 0; round <= rounds; round++) {
        for (const name of round % 2 === 0 ? [BUS, PEER] : [PEER, BUS]) {
          const send = name === BUS ? () => tryPublishAll(bus, drafts, mask, events) : post;
          const one = await measure(tally, events, send);
          if (name === BUS) await checkBooks(bus);
          if (round === 0) continue;
          const { backlogMax, growthMb, perSecond } = found.get(name)!;
          perSecond.push(one.perSecond);
          backlogMax.push(one.backlogMax);
          growthMb.push(one.growthMb);
        }
      }
      const subjects: SubjectReport[] = [...found].map(([name, { backlogMax, growthMb, perSecond }]) => ({
        name,
        figures: { 'events/s': spreadOf(perSecond), 'events waiting, max': spreadOf(backlogMax), 'memory growth MB': spreadOf(growthMb) },
      }));
      const [ours, theirs] = [found.get(BUS)!, found.get(PEER)!];
      return {
        subjects,
        ratios: [
          { subject: BUS, reference: PEER, figure: 'events/s', ratio: ratioOf(ours.perSecond, theirs.perSecond) },
          { subject: BUS, reference: PEER, figure: 'events waiting, max', ratio: ratioOf(ours.backlogMax, theirs.backlogMax) },
        ],
      };
    } finally {
      await Promise.all([bus.stop(), worker.terminate()]);
    }
  },
};

async function measure(
  tally: Tally,
  events: number,
  send: () => Promise<void>,
): Promise<{ perSecond: number; backlogMax: number; growthMb: number }> {
  collectGarbage();
  tally.expect(events);
  const before = process.memoryUsage.rss();
  let rssMax = before;
  let backlogMax = 0;
  let hasSent = false;
  const sample = (): void => {
    rssMax = Math.max(rssMax, process.memoryUsage.rss());
    // While it sends nobody knows how many have left; what is behind the last one is known.
    if (hasSent) backlogMax = Math.max(backlogMax, events - tally.count);
  };
  const timer = setInterval(sample, SAMPLE_MS);
  const start = performance.now();
  await send();
  hasSent = true;
  sample();
  await tally.wait();
  const elapsedMs = performance.now() - start;
  clearInterval(timer);
  tally.check(events, checksumOfInputs(inputs, events));
  return { perSecond: (events * 1000) / elapsedMs, backlogMax, growthMb: (rssMax - before) / 2 ** 20 };
}
