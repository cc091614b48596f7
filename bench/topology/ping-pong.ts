/**
 * How long does a question to a worker thread and its answer take, one at a time?
 *
 *   main thread                      worker thread
 *   publish a trade  ---------------> handler
 *        ^                              | ctx.publish(echo)
 *        `--- handler of the echo <-----'
 *
 * The next trade leaves when the last echo has arrived, so both directions pay their wake-up each time.
 */
import { once } from 'node:events';
import { createEventBus, moduleHandler, type QtEvent } from '../../src/index.ts';
import type { BenchCase, SubjectReport } from '../case.ts';
import { checkSame } from '../harness/check.ts';
import { latencyFigures, latencyRatios, type LatencyRounds } from '../harness/latency-figures.ts';
import { turn } from '../harness/turn.ts';
import { startPostMessagePeer } from '../peers/post-message.ts';
import { BenchEcho, BenchTrade, checksumOf, createInputs, type Trade } from '../trade.ts';

const { drafts, plain, mask } = createInputs();
const BUS = 'bus and ctx.publish';
const PEER = 'worker.postMessage both ways';
/** Trips of the round that does not count. */
const WARM_TRIPS = 500;

/** Sends the trade of this number and resolves with what came back. */
type Trip = (number: number) => Promise<Trade>;

export const bench: BenchCase<'ping-pong'> = {
  name: 'ping-pong',
  question: 'How long does a question to a worker thread and its answer take, one at a time?',
  async run({ rounds, trips }) {
    const bus = await openBus();
    const peer = await openPeer();
    const subjects = new Map<string, Trip>([
      [BUS, bus.trip],
      [PEER, peer.trip],
    ]);
    const latencies: LatencyRounds = new Map([...subjects.keys()].map((name) => [name, []]));
    try {
      for (let round = 0; round <= rounds; round++) {
        const order = round % 2 === 0 ? [...subjects] : [...subjects].reverse();
        for (const [name, trip] of order) {
          const sorted = await timeTrips(trip, round === 0 ? WARM_TRIPS : trips);
          if (round > 0) latencies.get(name)!.push(sorted);
        }
      }
      const reports: SubjectReport[] = [...latencies].map(([name, all]) => ({ name, figures: latencyFigures(all) }));
      return { subjects: reports, ratios: latencyRatios(latencies, BUS, PEER) };
    } finally {
      await Promise.all([bus.stop(), peer.stop()]);
    }
  },
};

/** Microseconds, ascending. */
async function timeTrips(trip: Trip, trips: number): Promise<Float64Array> {
  const latencies = new Float64Array(trips);
  let checksum = 0;
  let expected = 0;
  await turn();
  for (let i = 0; i < trips; i++) {
    const start = performance.now();
    const echo = await trip(i & mask);
    latencies[i] = (performance.now() - start) * 1000;
    checksum += checksumOf(echo);
    expected += checksumOf(plain[i & mask]!.payload);
  }
  checkSame('checksum of the echoes', checksum, expected);
  return latencies.toSorted();
}

async function openBus(): Promise<{ trip: Trip; stop: () => Promise<unknown> }> {
  const bus = createEventBus({ mode: 'threads', workers: 1 });
  let answer: (trade: Trade) => void = () => {};
  bus.subscribe(BenchTrade.type, moduleHandler(new URL('../handlers/echo.ts', import.meta.url), 'onTrade'), { group: 'echo' });
  bus.subscribe(BenchEcho, (event: QtEvent<Trade>) => answer(event.payload), { group: 'asker' });
  await bus.start();
  const trip: Trip = (number) =>
    new Promise((resolve) => {
      answer = resolve;
      bus.tryPublish(drafts[number]!);
    });
  return { trip, stop: () => bus.stop() };
}

async function openPeer(): Promise<{ trip: Trip; stop: () => Promise<unknown> }> {
  const worker = await startPostMessagePeer({ role: 'echo' });
  let answer: (trade: Trade) => void = () => {};
  worker.on('message', (message: { payload: Trade }) => answer(message.payload));
  const trip: Trip = (number) =>
    new Promise((resolve) => {
      answer = resolve;
      worker.postMessage(plain[number]);
    });
  const stop = async (): Promise<void> => {
    const exited = once(worker, 'exit');
    await worker.terminate();
    await exited;
  };
  return { trip, stop };
}
