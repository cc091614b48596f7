/**
 * How late is a redelivery, measured against its schedule, on an idle bus?
 *
 *   worker thread   fails ... 100 ms ... fails ... 500 ms ... fails ... 2000 ms ... succeeds
 *                        `-- late by --'     `-- late by --'      `-- late by --'
 *
 * Every trade has a key of its own, so all wait at the same time. A redelivery before its time fails the case.
 */
import { createEventBus, moduleHandler } from '../../src/index.ts';
import type { BenchCase } from '../case.ts';
import { checkSame } from '../harness/check.ts';
import { latencyFigures } from '../harness/latency-figures.ts';
import { BenchTrade, tradeOf } from '../trade.ts';

const SCHEDULE_MS = [100, 500, 2000];
const ATTEMPTS = SCHEDULE_MS.length + 1;

export const bench: BenchCase<'retry-timing'> = {
  name: 'retry-timing',
  question: 'How late is a redelivery, measured against its schedule, on an idle bus?',
  async run({ rounds, events }) {
    const late = [];
    for (let round = 0; round < rounds; round++) {
      const memory = new SharedArrayBuffer(events * ATTEMPTS * 8);
      const bus = createEventBus({ mode: 'threads', workers: 1 });
      const failing = moduleHandler(new URL('../handlers/failing.ts', import.meta.url), 'onTrade', { options: { memory } });
      bus.subscribe(BenchTrade.type, failing, { group: 'failing' });
      await bus.start();
      for (let n = 0; n < events; n++) bus.tryPublish(BenchTrade.create({ ...tradeOf(n), size: n }, { key: `key ${n}` }));
      await bus.drain({ timeoutMs: 60_000 });
      checkSame('acknowledged', bus.getStats().acknowledged, events);
      await bus.stop();
      late.push(lateness(new Float64Array(memory), events));
    }
    return { subjects: [{ name: 'redelivery after its time', figures: latencyFigures(late) }], ratios: [] };
  },
};

/** Microseconds behind the schedule, ascending. */
function lateness(began: Float64Array, events: number): Float64Array {
  const all = new Float64Array(events * SCHEDULE_MS.length);
  for (let n = 0; n < events; n++) {
    for (let retry = 0; retry < SCHEDULE_MS.length; retry++) {
      const at = n * ATTEMPTS + retry;
      all[n * SCHEDULE_MS.length + retry] = began[at + 1]! - began[at]! - SCHEDULE_MS[retry]! * 1000;
    }
  }
  const sorted = all.toSorted();
  checkSame('redeliveries before their time', Math.min(0, Math.floor(sorted[0]!)), 0);
  return sorted;
}
