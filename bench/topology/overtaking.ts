/**
 * How long does a CRITICAL event need that was published behind a backlog of LOW ones?
 *
 *   main thread                                        worker thread
 *   publish 100 000 trades, LOW  =====================> handler, one after the other
 *   publish one trade, CRITICAL  ---------------------> looked at before every record
 *        ^                                                | ctx.publish(echo)
 *        `--- handler of the echo <-----------------------'
 *
 * The reference is the same round trip without a backlog. The backlog must still be there when the echo is back, else
 * the trip has shown nothing and fails.
 */
import { createEventBus, moduleHandler, type QtEvent } from '../../src/index.ts';
import type { BenchCase, SubjectReport } from '../case.ts';
import { checkSame } from '../harness/check.ts';
import { latencyFigures, latencyRatios, type LatencyRounds } from '../harness/latency-figures.ts';
import { BenchEcho, BenchTrade, checksumOf, createInputs, tradeOf, type Trade } from '../trade.ts';

const { drafts, plain, mask } = createInputs();
const BEHIND = 'behind 100 000 LOW';
const ALONE = 'alone';
/** Holds the whole backlog. */
const RING_BYTES = 64 * 1024 * 1024;

export const bench: BenchCase<'overtaking'> = {
  name: 'overtaking',
  question: 'How long does a CRITICAL event need that was published behind a backlog of LOW ones?',
  async run({ rounds, trips, backlog }) {
    const bus = createEventBus({ mode: 'threads', workers: 1, ringBytes: RING_BYTES, historyLength: 0 });
    let answer: (trade: Trade) => void = () => {};
    const echo = moduleHandler(new URL('../handlers/echo.ts', import.meta.url), 'onTrade');
    bus.subscribe(BenchTrade.type, moduleHandler(new URL('../handlers/backlog.ts', import.meta.url), 'onTrade'), { group: 'busy' });
    bus.subscribe('bench.urgent', echo, { group: 'urgent' });
    bus.subscribe(BenchEcho, (event: QtEvent<Trade>) => answer(event.payload), { group: 'asker' });
    await bus.start();
    const low = drafts.map(({ payload }) => BenchTrade.create({ ...payload }, { priority: 'LOW' }));
    const trip = async (number: number): Promise<number> => {
      const echoed = new Promise<Trade>((resolve) => {
        answer = resolve;
      });
      const start = performance.now();
      bus.tryPublish({ type: 'bench.urgent', payload: tradeOf(number), priority: 'CRITICAL' });
      const trade = await echoed;
      const took = (performance.now() - start) * 1000;
      checkSame('checksum of the echo', checksumOf(trade), checksumOf(plain[number & mask]!.payload));
      return took;
    };
    const latencies: LatencyRounds = new Map([
      [BEHIND, []],
      [ALONE, []],
    ]);
    try {
      for (let round = 0; round <= rounds; round++) {
        const alone = new Float64Array(trips);
        const behind = new Float64Array(trips);
        for (let i = 0; i < trips; i++) {
          alone[i] = await trip(i & mask);
          for (let n = 0; n < backlog; n++) checkSame('accepted', Math.sign(bus.tryPublish(low[n & mask]!)), 1);
          behind[i] = await trip(i & mask);
          const { pending } = bus.getStats().perGroup['busy']!;
          checkSame('a backlog was left', Math.sign(pending), 1);
          await bus.drain({ timeoutMs: 60_000 });
        }
        if (round === 0) continue;
        latencies.get(ALONE)!.push(alone.toSorted());
        latencies.get(BEHIND)!.push(behind.toSorted());
      }
      const reports: SubjectReport[] = [...latencies].map(([name, all]) => ({ name, figures: latencyFigures(all) }));
      return { subjects: reports, ratios: latencyRatios(latencies, BEHIND, ALONE) };
    } finally {
      await bus.stop();
    }
  },
};
