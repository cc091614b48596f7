/**
 * How long after its arrival does an event reach its handler on a worker thread, at the rates of a trading day?
 *
 *   arrivals, evenly spaced          main thread                 worker thread
 *   |    |    |    |    |   ====>    publish  ===============>   handler: now - intended send time
 *
 * Latency counts from when an event should have been sent, so a sender that falls behind shows up in it. At low rates
 * a thread is parked between events more often than not: this measures the wake-up, where the throughput case measures
 * the work. `bare wake` wakes a parked thread and sends nothing: how late the machine itself is.
 */
import { createEventBus, moduleHandler, type EventBus } from '../../src/index.ts';
import type { BenchCase, Plot, RatioReport, SubjectReport } from '../case.ts';
import { ArrivalLog, CIRCLE } from '../harness/arrival-log.ts';
import { collectGarbage } from '../harness/collector.ts';
import { latencyFigures, latencyRatios, percentiles, pointAt, type LatencyFigure, type LatencyRounds } from '../harness/latency-figures.ts';
import { sendPaced } from '../harness/pace.ts';
import { spreadOf } from '../harness/statistics.ts';
import { turn } from '../harness/turn.ts';
import { BareWake } from '../peers/bare-wake.ts';
import { startPostMessagePeer } from '../peers/post-message.ts';
import { BenchTrade, createCircle } from '../trade.ts';

const ARRIVE_MS_MAX = 20_000;
const BUS = 'bus.tryPublish';
const PEER = 'worker.postMessage';
const WAKE = 'bare wake';
const SUBJECTS = [BUS, PEER, WAKE] as const;
const SHOWN: readonly LatencyFigure[] = ['p50 us', 'p99 us', 'p99.9 us', 'max us'];
/** What is promised at a rate of trading, in microseconds. */
const PROMISE = { rate: 5000, figure: 'p99 us', us: 1000 } as const;

const { drafts, mask, plain } = createCircle(CIRCLE);

export const bench: BenchCase<'paced-latency'> = {
  name: 'paced-latency',
  question: 'How long after its arrival does an event reach its handler on a worker thread, at the rates of a trading day?',
  async run({ rounds, rates, roundMs }) {
    const log = ArrivalLog.ofCapacity(Math.ceil((Math.max(...rates) * roundMs) / 1000));
    const bus = await openBus(log);
    const worker = await startPostMessagePeer({ role: 'arrivals', memory: log.memory });
    const wake = await BareWake.start(log.memory);
    const senders = {
      [BUS]: (index: number) => publishTo(bus, index),
      [PEER]: (index: number) => worker.postMessage(plain[index & mask]),
      [WAKE]: () => wake.send(),
    };
    const latencies: LatencyRounds = new Map();
    const ratios: RatioReport[] = [];
    try {
      for (const rate of rates) {
        for (const name of SUBJECTS) latencies.set(nameAt(name, rate), []);
        // The first round does not count: code is still being compiled.
        for (let round = 0; round <= rounds; round++) {
          for (const name of round % 2 === 0 ? SUBJECTS : SUBJECTS.toReversed()) {
            const sorted = await measure(log, rate, roundMs, senders[name]);
            if (round > 0) latencies.get(nameAt(name, rate))!.push(sorted);
          }
        }
        ratios.push(...latencyRatios(latencies, nameAt(BUS, rate), nameAt(PEER, rate)));
        if (rate === PROMISE.rate) ratios.push(...latencyRatios(latencies, nameAt(BUS, rate), nameAt(WAKE, rate)));
      }
      const subjects: SubjectReport[] = [...latencies].map(([name, all]) => ({ name, figures: latencyFigures(all) }));
      return { subjects, ratios: [...ratios, ...promised(latencies)], plots: [plotOf(latencies, rates)] };
    } finally {
      await Promise.all([bus.stop(), worker.terminate(), wake.stop()]);
    }
  },
};

async function openBus(log: ArrivalLog): Promise<EventBus> {
  const bus = createEventBus({ mode: 'threads', workers: 1 });
  const handler = moduleHandler(new URL('../handlers/arrivals.ts', import.meta.url), 'onTrade', { options: { memory: log.memory } });
  bus.subscribe(BenchTrade.type, handler, { group: 'latency' });
  await bus.start();
  return bus;
}

function publishTo(bus: EventBus, index: number): void {
  // A full queue makes the event wait and the sender go on; the wait is part of the event's latency. Nobody handles a
  // refusal: it ends the process, and with it the case.
  const draft = drafts[index & mask]!;
  if (bus.tryPublish(draft) < 0) void bus.publish(draft);
}

/** Microseconds, ascending. */
async function measure(log: ArrivalLog, rate: number, roundMs: number, send: (index: number) => void): Promise<Float64Array> {
  const intervalUs = 1e6 / rate;
  const dueUs = Float64Array.from({ length: Math.floor((rate * roundMs) / 1000) }, (_, i) => i * intervalUs);
  collectGarbage();
  await turn();
  await sendPaced(dueUs, (startUs) => log.start(startUs, intervalUs), send);
  const deadline = performance.now() + ARRIVE_MS_MAX;
  while (log.count < dueUs.length && performance.now() < deadline) await turn();
  return log.sorted(dueUs.length);
}

/** What a trading system is told: at this rate, below a millisecond. */
function promised(latencies: LatencyRounds): RatioReport[] {
  const rounds = latencies.get(nameAt(BUS, PROMISE.rate));
  if (rounds === undefined) return [];
  const ratio = spreadOf(percentiles(rounds, PROMISE.figure).map((us) => us / PROMISE.us));
  return [{ subject: nameAt(BUS, PROMISE.rate), reference: '1 ms', figure: PROMISE.figure, ratio }];
}

function plotOf(latencies: LatencyRounds, rates: readonly number[]): Plot {
  return {
    title: 'Latency from the intended send time, by rate',
    x: { label: 'events per second', scale: 'log' },
    y: { label: 'latency, us', scale: 'log' },
    series: SUBJECTS.flatMap((name) =>
      SHOWN.map((figure) => ({
        name: `${name}, ${figure.replace(' us', '')}`,
        points: rates.flatMap((rate) => {
          const spread = latencyFigures(latencies.get(nameAt(name, rate))!)[figure];
          return spread === undefined ? [] : [pointAt(rate, spread)];
        }),
      })),
    ),
  };
}

function nameAt(name: string, rate: number): string {
  return `${name} at ${rate}/s`;
}
