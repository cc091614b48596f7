/**
 * How long after its arrival does an event reach its handler on a worker thread, at the rates of a trading day?
 *
 *   arrivals, evenly spaced          main thread                 worker thread
 *   |    |    |    |    |   ====>    publish  ===============>   handler: now - intended send time
 *
 * Latency counts from when an event should have been sent, so a sender that falls behind shows up in it. At these
 * rates a thread is parked between events more often than not: this measures the wake-up, where the throughput case
 * measures the work.
 */
import type { Worker } from 'node:worker_threads';
import { createEventBus, moduleHandler, type EventBus, type EventInput } from '../../src/index.ts';
import type { BenchCase, RatioReport, SubjectReport } from '../case.ts';
import { latencyFigures, latencyRatios, type LatencyRounds } from '../harness/latency-figures.ts';
import { LatencyLog } from '../harness/latency-log.ts';
import { sendPaced } from '../harness/pace.ts';
import { turn } from '../harness/turn.ts';
import { startPostMessagePeer } from '../peers/post-message.ts';
import { BenchTrade, tradeOf, type Trade } from '../trade.ts';

const ARRIVE_MS_MAX = 10_000;
const SUBJECTS = ['bus.tryPublish', 'worker.postMessage'] as const;

export const bench: BenchCase<'paced-latency'> = {
  name: 'paced-latency',
  question: 'How long after its arrival does an event reach its handler on a worker thread, at the rates of a trading day?',
  async run({ rounds, rates, roundMs }) {
    const log = LatencyLog.ofCapacity(Math.ceil((Math.max(...rates) * roundMs) / 1000));
    const bus = await openBus(log);
    const worker = await startPostMessagePeer({ role: 'latency', memory: log.memory });
    const subjects: SubjectReport[] = [];
    const ratios: RatioReport[] = [];
    try {
      for (const rate of rates) {
        const arrivals = arrivalsOf(rate, roundMs);
        const latencies: LatencyRounds = new Map(SUBJECTS.map((name) => [nameAt(name, rate), []]));
        // The first round does not count: code is still being compiled.
        for (let round = 0; round <= rounds; round++) {
          for (const name of round % 2 === 0 ? SUBJECTS : SUBJECTS.toReversed()) {
            const sorted = await measure(log, arrivals, senderOf(name, bus, worker, arrivals));
            if (round > 0) latencies.get(nameAt(name, rate))!.push(sorted);
          }
        }
        subjects.push(...[...latencies].map(([name, all]) => ({ name, figures: latencyFigures(all) })));
        ratios.push(...latencyRatios(latencies, nameAt(SUBJECTS[0], rate), nameAt(SUBJECTS[1], rate)));
      }
      return { subjects, ratios };
    } finally {
      await Promise.all([bus.stop(), worker.terminate()]);
    }
  },
};

interface Arrivals {
  /** Microseconds after the start; also the trades' `ts`. */
  readonly dueUs: Float64Array;
  readonly drafts: readonly EventInput<Trade>[];
  readonly plain: readonly EventInput<Trade>[];
}

function arrivalsOf(rate: number, roundMs: number): Arrivals {
  const dueUs = Float64Array.from({ length: Math.floor((rate * roundMs) / 1000) }, (_, i) => (i * 1e6) / rate);
  const trades = Array.from(dueUs, (due, i) => tradeOf(i, due));
  return {
    dueUs,
    drafts: trades.map((trade) => BenchTrade.create({ ...trade })),
    plain: trades.map((payload) => ({ type: BenchTrade.type, payload })),
  };
}

async function openBus(log: LatencyLog): Promise<EventBus> {
  const bus = createEventBus({ mode: 'threads', workers: 1 });
  const handler = moduleHandler(new URL('../handlers/latency.ts', import.meta.url), 'onTrade', { options: { memory: log.memory } });
  bus.subscribe(BenchTrade.type, handler, { group: 'latency' });
  await bus.start();
  return bus;
}

function senderOf(name: (typeof SUBJECTS)[number], bus: EventBus, worker: Worker, { drafts, plain }: Arrivals): (index: number) => void {
  if (name === 'worker.postMessage') return (index) => worker.postMessage(plain[index]);
  return (index) => {
    // A full queue makes the event wait and the sender go on; the wait is part of the event's latency. Nobody handles a
    // refusal: it ends the process, and with it the case.
    if (bus.tryPublish(drafts[index]!) < 0) void bus.publish(drafts[index]!);
  };
}

/** Microseconds, ascending. */
async function measure(log: LatencyLog, { dueUs }: Arrivals, send: (index: number) => void): Promise<Float64Array> {
  (globalThis as { gc?: () => void }).gc?.();
  await turn();
  await sendPaced(dueUs, (startUs) => log.start(startUs), send);
  const deadline = performance.now() + ARRIVE_MS_MAX;
  while (log.count < dueUs.length && performance.now() < deadline) await turn();
  return log.sorted(dueUs.length);
}

function nameAt(name: string, rate: number): string {
  return `${name} at ${rate}/s`;
}
