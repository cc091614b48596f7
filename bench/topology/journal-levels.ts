/**
 * What does a journal cost, at the level where an event survives the process and at the one where it survives the power?
 *
 *   main thread                                   worker thread
 *   publisher ==== events ====> ring ===========> handler: reads two fields into a checksum
 *                          `==> ring ===========> writer thread ==> file (==> flush)
 *
 *   subjects, each at memory, written and fsynced:
 *     tryPublish   one by one; a round ends when the handler has counted the last event and all of them are durable
 *     windows      64 promises at a time, each window awaited: all of its events are durable before the next one
 */
import { join } from 'node:path';
import { createEventBus, moduleHandler, type EventBus } from '../../src/index.ts';
import { openJournal, type Journal } from '../../src/journal/index.ts';
import type { BenchCase } from '../case.ts';
import { alternate, type Subject } from '../harness/alternate.ts';
import { checkBooks, countedSubject, tryPublishAll } from '../harness/counted.ts';
import { throughputOf, throughputRatios } from '../harness/figures.ts';
import { frameBytesOf } from '../harness/frame-bytes.ts';
import { JournalFolder } from '../harness/journal-folder.ts';
import { Tally } from '../harness/tally.ts';
import { BenchTrade, createInputs } from '../trade.ts';

const inputs = createInputs();
const { drafts, mask } = inputs;
const LEVELS = ['memory', 'written', 'fsynced'] as const;
type Level = (typeof LEVELS)[number];

export const bench: BenchCase<'journal-levels'> = {
  name: 'journal-levels',
  question: 'How much of its throughput does the bus keep with a journal?',
  async run({ events, windowEvents, window, ...roundSettings }) {
    using folder = new JournalFolder();
    folder.need(8 * events * frameBytesOf(drafts));
    const buses = await Promise.all(LEVELS.map((level) => JournalledBus.open(level, join(folder.path, level))));
    try {
      const rounds = await alternate(
        buses.flatMap((bus) => [bus.oneByOne(events), bus.inWindows(windowEvents, window)]),
        roundSettings,
      );
      const notes = new Map([...rounds.keys()].filter((name) => !name.startsWith('memory')).map((name) => [name, folder.note]));
      const ratios = ['tryPublish', 'windows'].flatMap((way) =>
        throughputRatios(rounds, [`memory, ${way}`]).filter(({ subject }) => subject.endsWith(way)),
      );
      return { subjects: throughputOf(rounds, frameBytesOf(drafts), notes), ratios };
    } finally {
      for (const bus of buses) await bus.close();
    }
  },
};

/** A bus with one worker thread, and its journal. */
class JournalledBus {
  readonly #level: Level;
  readonly #bus: EventBus;
  readonly #journal: Journal | null;
  readonly #tally: Tally;

  constructor(level: Level, bus: EventBus, journal: Journal | null, tally: Tally) {
    this.#level = level;
    this.#bus = bus;
    this.#journal = journal;
    this.#tally = tally;
  }

  static async open(level: Level, directory: string): Promise<JournalledBus> {
    // What a round has written goes after it, or the rounds would fill the disk.
    const retention = { otherTypes: { retentionMs: 'forever', maxLength: 1 } } as const;
    const journal = level === 'memory' ? null : await openJournal(directory, { level, retention });
    const bus = createEventBus({ mode: 'threads', workers: 1, ...(journal === null ? {} : { log: journal }) });
    const tally = new Tally();
    const handler = moduleHandler(new URL('../handlers/tally.ts', import.meta.url), 'onTrade', { options: { memory: tally.memory } });
    bus.subscribe(BenchTrade.type, handler, { group: 'tally' });
    await bus.start();
    return new JournalledBus(level, bus, journal, tally);
  }

  oneByOne(events: number): Subject {
    return this.#subject('tryPublish', events, async () => {
      await tryPublishAll(this.#bus, drafts, mask, events);
      if (this.#journal !== null) await this.#journal.whenDurable(this.#journal.lastSeq);
    });
  }

  inWindows(events: number, window: number): Subject {
    return this.#subject('windows', events, async () => {
      for (let i = 0; i < events; i += window) {
        const receipts = [];
        for (let j = i; j < Math.min(i + window, events); j++) receipts.push(this.#bus.publish(drafts[j & mask]!));
        await Promise.all(receipts);
      }
    });
  }

  async close(): Promise<void> {
    await this.#bus.stop();
    await this.#journal?.close();
  }

  #subject(way: string, events: number, run: () => Promise<void>): Subject {
    return countedSubject(this.#tally, inputs, `${this.#level}, ${way}`, events, run, async () => {
      await checkBooks(this.#bus);
      await this.#journal?.retain();
    });
  }
}
