/**
 * How long does it take to open a large journal that was closed in peace?
 *
 *   directory: closed | closed | ... | closed | last
 *                 header, index and length      read to its end
 *
 *   subjects:
 *     open          a journal of that size: holes in place of the batches of all segments but the last, which is full
 *     open, empty   a journal without an event: what the thread, the lock and the first file take
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openJournal } from '../../src/journal/index.ts';
import type { BenchCase, SubjectReport } from '../case.ts';
import { checkSame } from '../harness/check.ts';
import { JournalFolder } from '../harness/journal-folder.ts';
import { makeSparseJournal } from '../harness/sparse-journal.ts';
import { ratioOf, spreadOf } from '../harness/statistics.ts';
import { createInputs } from '../trade.ts';

const SEGMENT_BYTES = 64 * 1024 * 1024;
/** What opening must stay below on any machine; the gate is about it. */
const LIMIT_MS = 1000;

export const bench: BenchCase<'journal-open'> = {
  name: 'journal-open',
  question: 'How long does it take to open a large journal that was closed in peace?',
  async run({ rounds, bytes }) {
    using folder = new JournalFolder();
    // Holes take no room, but not every file system has them.
    folder.need(bytes / 2);
    const directory = join(folder.path, 'large');
    mkdirSync(directory);
    const { segments, tailBytes, lastSeq } = await makeSparseJournal(directory, bytes, SEGMENT_BYTES, createInputs());
    const large: number[] = [];
    const empty: number[] = [];
    for (let round = 0; round < rounds; round++) {
      large.push(await timeOpening(directory, lastSeq));
      empty.push(await timeOpening(join(folder.path, `empty-${round}`), 0));
    }
    const note = `${(bytes / 1e9).toFixed(1)} GB in ${segments} segments, sparse but for the last ${Math.round(tailBytes / 1e6)} MB; ${folder.note}`;
    const subjects: SubjectReport[] = [
      { name: 'open', figures: { ms: spreadOf(large) }, note },
      { name: 'open, empty', figures: { ms: spreadOf(empty) } },
    ];
    const limit = { subject: 'open', reference: `${LIMIT_MS} ms`, figure: 'ms', ratio: spreadOf(large.map((ms) => ms / LIMIT_MS)) };
    return { subjects, ratios: [{ subject: 'open', reference: 'open, empty', figure: 'ms', ratio: ratioOf(large, empty) }, limit] };
  },
};

async function timeOpening(directory: string, lastSeq: number): Promise<number> {
  const start = performance.now();
  const journal = await openJournal(directory);
  const elapsedMs = performance.now() - start;
  const { recovery } = journal;
  await journal.close();
  checkSame('newest seq', recovery.lastSeq, lastSeq);
  checkSame('indexes built again and bytes cut off', recovery.indexesRebuilt + recovery.cutBytes, 0);
  return elapsedMs;
}
