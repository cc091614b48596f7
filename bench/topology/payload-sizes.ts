/**
 * How does throughput fall, and what do bytes cost, as payloads grow from 16 B to 64 KB?
 *
 *   main thread                                        worker thread
 *   publisher ==== text of 16 B ... 64 KB, a key ====> handler: length, first and last characters into a checksum
 *
 * Rounds move about the same number of bytes, within bounds, so that small and large take like times.
 */
import { createEventBus, moduleHandler, type EventInput } from '../../src/index.ts';
import { BenchBlob, blobOf, checksumOfBlob, type Blob } from '../blob.ts';
import type { BenchCase, Plot, PlotPoint, RatioReport, SubjectReport } from '../case.ts';
import { alternate, type Subject } from '../harness/alternate.ts';
import { checkBooks, tryPublishAll } from '../harness/counted.ts';
import { throughputOf, throughputRatios } from '../harness/figures.ts';
import { frameBytesOf } from '../harness/frame-bytes.ts';
import { pointAt } from '../harness/latency-figures.ts';
import { Tally } from '../harness/tally.ts';
import { startThread } from '../harness/thread.ts';

const NAMES = ['bus.tryPublish', 'worker.postMessage'] as const;
/** Events of a round are sent in a circle of so many. */
const CIRCLE = 64;

export const bench: BenchCase<'payload-sizes'> = {
  name: 'payload-sizes',
  question: 'How does throughput fall, and what do bytes cost, as payloads grow from 16 B to 64 KB?',
  async run({ bytesPerRound, eventsMax, sizes, ...roundSettings }) {
    const tally = new Tally();
    const bus = createEventBus({ mode: 'threads', workers: 1 });
    const handler = moduleHandler(new URL('../handlers/blob.ts', import.meta.url), 'onBlob', { options: { memory: tally.memory } });
    bus.subscribe(BenchBlob.type, handler, { group: 'blobs' });
    await bus.start();
    const worker = await startThread(new URL('../peers/_blob-worker.ts', import.meta.url), { memory: tally.memory });
    const subjects: SubjectReport[] = [];
    const ratios: RatioReport[] = [];
    const points = new Map<string, { events: PlotPoint; bytes: PlotPoint }[]>(NAMES.map((name) => [name, []]));
    try {
      for (const size of sizes) {
        const events = Math.min(eventsMax, Math.ceil(bytesPerRound / size));
        const blobs = Array.from({ length: CIRCLE }, (_, i) => blobOf(i, size));
        const drafts = blobs.map((blob) => BenchBlob.create(blob));
        const plain = blobs.map((payload) => ({ type: BenchBlob.type, payload }));
        const send = {
          'bus.tryPublish': () => tryPublishAll(bus, drafts, CIRCLE - 1, events),
          'worker.postMessage': () => {
            for (let i = 0; i < events; i++) worker.postMessage(plain[i & (CIRCLE - 1)]);
          },
        };
        const rounds = await alternate(
          NAMES.map((name) =>
            subjectOf(nameAt(name, size), tally, blobs, events, send[name], name === NAMES[0] ? () => checkBooks(bus) : () => {}),
          ),
          roundSettings,
        );
        const found = throughputOf(rounds, frameBytesOf(drafts as readonly EventInput[]));
        subjects.push(...found);
        ratios.push(...throughputRatios(rounds, [nameAt(NAMES[1], size)]));
        for (const [i, name] of NAMES.entries()) {
          const { figures } = found[i]!;
          points.get(name)!.push({ events: pointAt(size, figures['events/s']!), bytes: pointAt(size, figures['MB/s']!) });
        }
      }
      return { subjects, ratios, plots: [plotOf('events', points), plotOf('bytes', points)] };
    } finally {
      await Promise.all([bus.stop(), worker.terminate()]);
    }
  },
};

function subjectOf(
  name: string,
  tally: Tally,
  blobs: readonly Blob[],
  events: number,
  send: () => Promise<void> | void,
  after: () => Promise<void> | void,
): Subject {
  let checksum = 0;
  for (let i = 0; i < events; i++) checksum = (checksum + checksumOfBlob(blobs[i & (CIRCLE - 1)]!)) | 0;
  return {
    name,
    events,
    prepare: () => tally.expect(events),
    run: async () => {
      await send();
      await tally.wait();
    },
    check: async () => {
      await after();
      tally.check(events, checksum);
    },
  };
}

function plotOf(what: 'events' | 'bytes', points: ReadonlyMap<string, { events: PlotPoint; bytes: PlotPoint }[]>): Plot {
  return {
    title: what === 'events' ? 'Throughput by payload size' : 'Bytes by payload size',
    x: { label: 'payload, bytes', scale: 'log' },
    y: { label: what === 'events' ? 'events per second' : 'MB per second (frames)', scale: 'log' },
    series: [...points].map(([name, all]) => ({ name, points: all.map((point) => point[what]) })),
  };
}

function nameAt(name: string, size: number): string {
  return `${name} of ${size} B`;
}
