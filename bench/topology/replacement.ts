/**
 * A worker thread dies under load: when is the event that it had at hand delivered again, and what do the others notice?
 *
 *   10 000 events/s ====>  worker A   handles | dies ... its successor delivers the event again
 *                   ====>  worker B   handles as if nothing had happened
 *
 * Deaths come a second apart, so that the next spare thread is there; the sender keeps its rate throughout, from the main
 * thread, which has to bring the successor up as well. A redelivery that does not come fails the case.
 */
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { createEventBus, moduleHandler } from '../../src/index.ts';
import type { BenchCase } from '../case.ts';
import { checkSame } from '../harness/check.ts';
import { sendPaced } from '../harness/pace.ts';
import { percentileOf, ratioOf, spreadOf } from '../harness/statistics.ts';
import { BenchTrade, tradeOf } from '../trade.ts';
import { DEADLY } from '../handlers/dying.ts';

/** How long after a death an event on the other worker counts as one that might have noticed it. */
const AFTERMATH_US = 200_000;
/** Before the first death, to let code be compiled and the spare thread load. */
const QUIET_MS = 1500;

export const bench: BenchCase<'replacement'> = {
  name: 'replacement',
  question: 'A worker thread dies under load: when is its event delivered again, and what do the others notice?',
  async run({ deaths, rate, spacingMs }) {
    const plan = planOf(deaths, rate, spacingMs);
    const died = new SharedArrayBuffer(deaths * 16);
    const handled = new SharedArrayBuffer(plan.dueUs.length * 8);
    const bus = createEventBus({ mode: 'threads', workers: 2, retry: { maxRetries: 1, backoffMs: [0] } });
    const handler = moduleHandler(new URL('../handlers/dying.ts', import.meta.url), 'onTrade', { options: { deaths: died, handled } });
    bus.subscribe(BenchTrade.type, handler, { group: 'dying' });
    await bus.start();
    let startUs = 0;
    await sendPaced(
      plan.dueUs,
      (at) => (startUs = at),
      (i) => {
        if (bus.tryPublish(plan.drafts[i]!) < 0) void bus.publish(plan.drafts[i]!);
      },
    );
    await bus.drain({ timeoutMs: 60_000 });
    const { acknowledged, crashes } = bus.getStats();
    await bus.stop();
    checkSame('acknowledged', acknowledged, plan.dueUs.length);
    checkSame('threads that died', crashes, deaths);
    const times = new Float64Array(died);
    const redelivery = Float64Array.from({ length: deaths }, (_, n) => (times[2 * n + 1]! - times[2 * n]!) / 1000).toSorted();
    const starts = await threadStarts(deaths);
    const others = latenciesOfOthers(plan, new Float64Array(handled), startUs, times);
    return {
      subjects: [
        { name: 'death to redelivery', figures: { 'p50 ms': spreadOf([...redelivery]), 'max ms': spreadOf([redelivery.at(-1)!]) } },
        { name: 'new Worker to its first message', figures: { 'p50 ms': spreadOf(starts), 'max ms': spreadOf([Math.max(...starts)]) } },
        { name: 'others, after a death', figures: { 'p99 us': spreadOf([percentileOf(others.after, 0.99)]) } },
        { name: 'others, else', figures: { 'p99 us': spreadOf([percentileOf(others.else, 0.99)]) } },
        { name: '100 ms', figures: { 'max ms': spreadOf([100]) } },
      ],
      ratios: [
        { subject: 'death to redelivery', reference: '100 ms', figure: 'max ms', ratio: ratioOf([redelivery.at(-1)!], [100]) },
        {
          subject: 'death to redelivery',
          reference: 'new Worker to its first message',
          figure: 'p50 ms',
          ratio: ratioOf(
            [...redelivery],
            starts.toSorted((a, b) => a - b),
          ),
        },
        {
          subject: 'others, after a death',
          reference: 'others, else',
          figure: 'p99 us',
          ratio: ratioOf([percentileOf(others.after, 0.99)], [percentileOf(others.else, 0.99)]),
        },
      ],
    };
  },
};

interface Plan {
  readonly dueUs: Float64Array;
  readonly drafts: readonly ReturnType<typeof BenchTrade.create>[];
  /** By number of the event: true if it goes to the worker that does not die. */
  readonly isOther: readonly boolean[];
}

/** Two keys that go to two workers; all deaths are of the first. */
const [DYING_KEY, OTHER_KEY] = ['AAPL', 'MSFT'];

function planOf(deaths: number, rate: number, spacingMs: number): Plan {
  const length = Math.ceil(((QUIET_MS + deaths * spacingMs) * rate) / 1000);
  const dueUs = Float64Array.from({ length }, (_, i) => (i * 1e6) / rate);
  const deadly = new Map(Array.from({ length: deaths }, (_, n) => [Math.round(((QUIET_MS + n * spacingMs) * rate) / 2000) * 2, n]));
  const isOther = Array.from(dueUs, (_, i) => i % 2 === 1);
  const drafts = Array.from(dueUs, (_, i) => {
    // `ts` is the number of the event, where its time is noted.
    const trade = { ...tradeOf(i, i), symbol: isOther[i] ? OTHER_KEY : DYING_KEY };
    const death = deadly.get(i);
    return BenchTrade.create(death === undefined ? trade : { ...trade, model: DEADLY, size: death });
  });
  return { dueUs, drafts, isOther };
}

function latenciesOfOthers({ dueUs, isOther }: Plan, handled: Float64Array, startUs: number, times: Float64Array) {
  const after: number[] = [];
  const rest: number[] = [];
  for (let i = 0; i < dueUs.length; i++) {
    if (!isOther[i] || dueUs[i]! < QUIET_MS * 500) continue;
    const due = startUs + dueUs[i]!;
    let isAfter = false;
    for (let n = 0; n < times.length; n += 2) isAfter ||= due >= times[n]! && due < times[n]! + AFTERMATH_US;
    (isAfter ? after : rest).push(handled[i]! - due);
  }
  return { after: Float64Array.from(after).toSorted(), else: Float64Array.from(rest).toSorted() };
}

/** What the platform takes to start a thread that does nothing, on an idle main thread: ms. */
async function threadStarts(count: number): Promise<number[]> {
  const starts: number[] = [];
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    const worker = new Worker("require('node:worker_threads').parentPort.postMessage(1)", { eval: true });
    await once(worker, 'message');
    starts.push(performance.now() - began);
    await worker.terminate();
  }
  return starts;
}
