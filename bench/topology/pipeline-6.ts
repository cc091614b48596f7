/**
 * How many trades per second live through six handlers in a row, on two worker threads, and how long does one take?
 *
 *   candle --> signal --> evaluation --> request --> order --> fill --> counted
 *     |  w0      |  w1       |  w0          |  w1      |  w0     |  w1
 *     `-- each arrow: worker -> main thread (routes bytes) -> the other worker
 *
 * Free running, one after the other without a pause; and paced, one lifecycle at a time, each from its intended send
 * time. The reference for the second is the bare wake of a parked thread.
 */
import { hash32 } from '../../src/base/index.ts';
import { createEventBus, moduleHandler, type EventBus, type EventInput } from '../../src/index.ts';
import type { BenchCase, RatioReport } from '../case.ts';
import { alternate, type Subject } from '../harness/alternate.ts';
import { collectGarbage } from '../harness/collector.ts';
import { checkBooks } from '../harness/counted.ts';
import { throughputOf } from '../harness/figures.ts';
import { frameBytesOf } from '../harness/frame-bytes.ts';
import { latencyFigures, latencyRatios, type LatencyRounds } from '../harness/latency-figures.ts';
import { LatencyLog } from '../harness/latency-log.ts';
import { sendPaced } from '../harness/pace.ts';
import { spreadOf } from '../harness/statistics.ts';
import { Tally } from '../harness/tally.ts';
import { turn } from '../harness/turn.ts';
import { timeWakes } from '../harness/wake.ts';
import { LIFECYCLE } from '../lifecycle.ts';
import { checksumOf, tradeOf, type Trade } from '../trade.ts';

const WORKERS = 2;
const CIRCLE = 4096;
const FREE = 'free running';
const PACED = 'one paced lifecycle';
const WAKE = 'one bare wake';
/** What is promised, lifecycles per second. */
const PROMISE = 100_000;
const ARRIVE_MS_MAX = 10_000;

export const bench: BenchCase<'pipeline-6'> = {
  name: 'pipeline-6',
  question: 'How many trades per second live through six handlers in a row, and how long does one take?',
  async run({ events, pacedRate, pacedEvents, ...roundSettings }) {
    const tally = new Tally();
    const log = LatencyLog.ofCapacity(pacedEvents);
    const bus = await openPipeline(tally, log);
    const drafts = Array.from({ length: CIRCLE }, (_, i) => LIFECYCLE[0]!.create(tradeOf(i)));
    const latencies: LatencyRounds = new Map([
      [PACED, []],
      [WAKE, []],
    ]);
    try {
      const rounds = await alternate([freeSubject(bus, tally, drafts, events)], roundSettings);
      for (let round = 0; round <= roundSettings.rounds; round++) {
        const wakes = await timeWakes(pacedEvents);
        const paced = await measurePaced(bus, tally, log, pacedRate, pacedEvents);
        if (round === 0) continue;
        latencies.get(WAKE)!.push(wakes);
        latencies.get(PACED)!.push(paced);
      }
      const perSecond = rounds.get(FREE)!.ns.map((ns) => 1e9 / ns);
      const promised: RatioReport = {
        subject: FREE,
        reference: '100 000 lifecycles/s',
        figure: 'events/s',
        ratio: spreadOf(perSecond.map((each) => each / PROMISE)),
      };
      return {
        subjects: [
          ...throughputOf(rounds, frameBytesOf(drafts)),
          ...[...latencies].map(([name, all]) => ({ name, figures: latencyFigures(all) })),
        ],
        ratios: [promised, ...latencyRatios(latencies, PACED, WAKE)],
      };
    } finally {
      await bus.stop();
    }
  },
};

async function openPipeline(tally: Tally, log: LatencyLog): Promise<EventBus> {
  const bus = createEventBus({ mode: 'threads', workers: WORKERS });
  const url = new URL('../handlers/lifecycle.ts', import.meta.url);
  for (const [stage, { type }] of LIFECYCLE.entries()) {
    const isEnd = stage === LIFECYCLE.length - 1;
    const options = isEnd ? { stage, memory: tally.memory, latencies: log.memory } : { stage };
    const handler = moduleHandler(url, isEnd ? 'onEnd' : 'onStage', { options, instance: `stage-${stage}` });
    bus.subscribe(type, handler, { group: groupOn(stage % WORKERS, stage), concurrency: 1 });
  }
  await bus.start();
  return bus;
}

/** A group with one member lives where the hash of its name says: a name for which that is this worker. */
function groupOn(worker: number, stage: number): string {
  for (let i = 0; ; i++) {
    const group = `stage-${stage}-${i}`;
    if (hash32(group) % WORKERS === worker) return group;
  }
}

function freeSubject(bus: EventBus, tally: Tally, drafts: readonly EventInput<Trade>[], events: number): Subject {
  let checksum = 0;
  for (let i = 0; i < events; i++) checksum = (checksum + checksumOf(drafts[i & (CIRCLE - 1)]!.payload)) | 0;
  return {
    name: FREE,
    events,
    prepare: () => tally.expect(events),
    run: async () => {
      for (let i = 0; i < events; i++) {
        const draft = drafts[i & (CIRCLE - 1)]!;
        if (bus.tryPublish(draft) < 0) await bus.publish(draft);
      }
      await tally.wait();
    },
    check: async () => {
      await checkBooks(bus);
      tally.check(events, checksum);
    },
  };
}

/** Microseconds from the intended send time to the last handler, ascending. */
async function measurePaced(bus: EventBus, tally: Tally, log: LatencyLog, rate: number, events: number): Promise<Float64Array> {
  const dueUs = Float64Array.from({ length: events }, (_, i) => (i * 1e6) / rate);
  const drafts = Array.from(dueUs, (due, i) => LIFECYCLE[0]!.create({ ...tradeOf(i, due), size: 0 }));
  tally.expect(events);
  collectGarbage();
  await turn();
  await sendPaced(
    dueUs,
    (startUs) => log.start(startUs),
    (i) => {
      if (bus.tryPublish(drafts[i]!) < 0) void bus.publish(drafts[i]!);
    },
  );
  await tally.wait(ARRIVE_MS_MAX);
  await checkBooks(bus);
  return log.sorted(events);
}
