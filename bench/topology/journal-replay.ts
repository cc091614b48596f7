/**
 * How fast does the reader go through a journal, and does its memory grow with it?
 *
 *   files ==> read 256 KiB ==> checksum ==> batch ==> frame ==> callback: counts, and adds up the seqs
 *
 *   subjects:
 *     reader             every frame to a callback
 *     reader, decoded    and its payload as an object
 *     bare read          the same files, read in the same pieces, with a CRC-32 of each piece and nothing else
 */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { openJournal, openJournalReader } from '../../src/journal/index.ts';
import type { BenchCase, RatioReport } from '../case.ts';
import { alternate, type Subject } from '../harness/alternate.ts';
import { checkSame } from '../harness/check.ts';
import { throughputOf, throughputRatios } from '../harness/figures.ts';
import { frameBytesOf } from '../harness/frame-bytes.ts';
import { appendTrades } from '../harness/journal-frames.ts';
import { JournalFolder } from '../harness/journal-folder.ts';
import { spreadOf } from '../harness/statistics.ts';
import { checksumOf, createInputs, type Trade } from '../trade.ts';

const inputs = createInputs();
const PIECE_BYTES = 256 * 1024;
/** Of a replay, which takes this many looks at its memory. */
const LOOKS = 50;
/** What replay must reach by far on any machine; the gates are about these. */
const EVENTS_PER_SECOND = 1e6;
const GROWTH_MB = 64;

export const bench: BenchCase<'journal-replay'> = {
  name: 'journal-replay',
  question: 'How fast does the reader go through a journal, and does its memory grow?',
  async run({ events, decodedEvents, ...roundSettings }) {
    const eventBytes = frameBytesOf(inputs.drafts);
    using folder = new JournalFolder();
    folder.need(events * eventBytes);
    const journal = await openJournal(folder.path);
    await appendTrades(journal, inputs, events);
    await journal.close();

    const replay = new Replay(folder.path, events);
    const rounds = await alternate([replay.plain(), replay.decoded(decodedEvents), bareRead(folder.path, events)], roundSettings);
    const fast: RatioReport = {
      subject: 'reader',
      reference: '1 million events/s',
      figure: 'events/s',
      ratio: spreadOf(rounds.get('reader')!.ns.map((ns) => 1e9 / ns / EVENTS_PER_SECOND)),
    };
    const flat: RatioReport = {
      subject: 'reader',
      reference: `${GROWTH_MB} MB`,
      figure: 'RSS growth',
      ratio: spreadOf(replay.growthMb.slice(-roundSettings.rounds).map((growth) => growth / GROWTH_MB)),
    };
    const note = new Map([
      ['reader, decoded', `the first ${decodedEvents} events only`],
      ['reader', `${events} events, ${folder.note}`],
    ]);
    return { subjects: throughputOf(rounds, eventBytes, note), ratios: [...throughputRatios(rounds, ['bare read']), fast, flat] };
  },
};

class Replay {
  /** Most that the resident memory was above where it stood at the start, round by round. */
  readonly growthMb: number[] = [];
  readonly #directory: string;
  readonly #events: number;

  constructor(directory: string, events: number) {
    this.#directory = directory;
    this.#events = events;
  }

  plain(): Subject {
    const events = this.#events;
    const lookEvery = Math.ceil(events / LOOKS);
    let count = 0;
    let sum = 0;
    return {
      name: 'reader',
      events,
      prepare: () => {
        count = 0;
        sum = 0;
      },
      run: () => {
        using reader = openJournalReader(this.#directory);
        const start = process.memoryUsage.rss();
        let most = start;
        reader.readAll((_views, _index, _length, seq) => {
          sum += seq;
          if (++count % lookEvery === 0) most = Math.max(most, process.memoryUsage.rss());
        });
        this.growthMb.push((most - start) / 1e6);
      },
      check: () => {
        checkSame('events read', count, events);
        checkSame('sum of their seqs', sum, (events * (events + 1)) / 2);
      },
    };
  }

  decoded(events: number): Subject {
    let sum = 0;
    let count = 0;
    return {
      name: 'reader, decoded',
      events,
      prepare: () => {
        count = 0;
        sum = 0;
      },
      run: () => {
        using reader = openJournalReader(this.#directory);
        for (let left = events; left > 0;) {
          // A batch may reach over the end of what is wanted.
          const found = reader.readBatch((views, index) => {
            if (count++ < events) sum = (sum + checksumOf(reader.decoder.payload(views, index) as Trade)) | 0;
          });
          if (found === 0) break;
          left -= found;
        }
      },
      check: () => {
        let expected = 0;
        for (let i = 0; i < events; i++) expected = (expected + checksumOf(inputs.plain[i & inputs.mask]!.payload)) | 0;
        checkSame('checksum of the trades', sum, expected);
      },
    };
  }
}

function bareRead(directory: string, events: number): Subject {
  const piece = Buffer.alloc(PIECE_BYTES);
  let bytes = 0;
  return {
    name: 'bare read',
    events,
    prepare: () => {
      bytes = 0;
    },
    run: () => {
      let crc = 0;
      const names = readdirSync(directory).filter((name) => name.endsWith('.qtj'));
      for (const name of names.sort()) {
        const fd = openSync(join(directory, name), 'r');
        for (let count = readSync(fd, piece); count > 0; count = readSync(fd, piece)) {
          crc = crc32(count === PIECE_BYTES ? piece : piece.subarray(0, count), crc);
          bytes += count;
        }
        closeSync(fd);
      }
    },
    check: () => checkSame('more bytes than events', Number(bytes > events * frameBytesOf(inputs.drafts.slice(0, 1))), 1),
  };
}
