/**
 * What happens when 100 000 events come at once, and then none?
 *
 *   main thread      |<-- publish x 100 000 -->|......... silence .........|  one more
 *   worker thread       |<---- handles -------------->|   parks            |  wakes
 *
 * Figures: until the publisher is free again, until the last one is handled, what the process costs in the silence, and
 * how long the first event after it takes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createEventBus, moduleHandler, type EventBus } from '../../src/index.ts';
import type { BenchCase, SubjectReport } from '../case.ts';
import { collectGarbage } from '../harness/collector.ts';
import { checkBooks, tryPublishAll } from '../harness/counted.ts';
import { ratioOf, spreadOf } from '../harness/statistics.ts';
import { Tally } from '../harness/tally.ts';
import { startPostMessagePeer } from '../peers/post-message.ts';
import { BenchTrade, checksumOfInputs, createInputs } from '../trade.ts';

const inputs = createInputs();
const { drafts, mask, plain } = inputs;
const BUS = 'bus.tryPublish';
const PEER = 'worker.postMessage';
const FIGURES = ['publisher ms', 'handled ms', 'idle cpu %', 'first after us'] as const;

type Figures = Record<(typeof FIGURES)[number], number[]>;

/** One way to send a burst. */
interface Sender {
  send(events: number): Promise<void> | void;
  check(): Promise<void> | void;
}

export const bench: BenchCase<'burst'> = {
  name: 'burst',
  question: 'What happens when 100 000 events come at once, and then none?',
  async run({ events, rounds, silenceMs }) {
    const tally = new Tally();
    const bus = await openBus(tally);
    const worker = await startPostMessagePeer({ role: 'tally', memory: tally.memory });
    const senders = new Map<string, Sender>([
      [BUS, { send: (count) => tryPublishAll(bus, drafts, mask, count), check: () => checkBooks(bus) }],
      [
        PEER,
        {
          send: (count) => {
            for (let i = 0; i < count; i++) worker.postMessage(plain[i & mask]);
          },
          check: () => {},
        },
      ],
    ]);
    const found = new Map<string, Figures>([...senders.keys()].map((name) => [name, emptyFigures()]));
    try {
      for (let round = 0; round <= rounds; round++) {
        for (const [name, sender] of round % 2 === 0 ? senders : [...senders].reverse()) {
          const values = await measure(sender, tally, events, silenceMs);
          if (round > 0) for (const figure of FIGURES) found.get(name)![figure].push(values[figure]);
        }
      }
      const subjects: SubjectReport[] = [...found].map(([name, figures]) => ({
        name,
        figures: Object.fromEntries(FIGURES.map((figure) => [figure, spreadOf(figures[figure])])),
      }));
      const compared = ['publisher ms', 'handled ms', 'first after us'] as const;
      const ratios = compared.map((figure) => ({
        subject: BUS,
        reference: PEER,
        figure,
        ratio: ratioOf(found.get(BUS)![figure], found.get(PEER)![figure]),
      }));
      return { subjects, ratios };
    } finally {
      await Promise.all([bus.stop(), worker.terminate()]);
    }
  },
};

function emptyFigures(): Figures {
  return { 'publisher ms': [], 'handled ms': [], 'idle cpu %': [], 'first after us': [] };
}

async function measure(sender: Sender, tally: Tally, events: number, silenceMs: number): Promise<Record<keyof Figures, number>> {
  collectGarbage();
  tally.expect(events);
  const start = performance.now();
  await sender.send(events);
  const publishedMs = performance.now() - start;
  await tally.wait();
  const handledMs = performance.now() - start;
  await sender.check();
  tally.check(events, checksumOfInputs(inputs, events));
  const idle = await idleCpuPct(silenceMs);
  const first = await timeOne(sender, tally);
  return { 'publisher ms': publishedMs, 'handled ms': handledMs, 'idle cpu %': idle, 'first after us': first };
}

async function idleCpuPct(silenceMs: number): Promise<number> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  await sleep(silenceMs);
  const { system, user } = process.cpuUsage(cpu);
  return (system + user) / 10 / (performance.now() - start);
}

/** There, and the news of it back. */
async function timeOne(sender: Sender, tally: Tally): Promise<number> {
  tally.expect(1);
  const start = performance.now();
  await sender.send(1);
  await tally.wait();
  return (performance.now() - start) * 1000;
}

async function openBus({ memory }: Tally): Promise<EventBus> {
  const bus = createEventBus({ mode: 'threads', workers: 1 });
  const handler = moduleHandler(new URL('../handlers/tally.ts', import.meta.url), 'onTrade', { options: { memory } });
  bus.subscribe(BenchTrade.type, handler, { group: 'tally' });
  await bus.start();
  return bus;
}
