/**
 * A process that appends to one or two journals as fast as it goes, and says on stdout which seqs it was promised to
 * keep. Begins when it gets a byte on stdin, ends only by being killed. Arguments: directory and level, for each journal.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { FrameEncoder, SEQ, TIMESTAMP, TS_INIT, TypeTable } from '../../src/codec/index.ts';
import { defineEvent, type EventDefinition, Type } from '../../src/event/index.ts';
import { openJournal, type JournalLevel } from '../../src/journal/index.ts';

const Tick = defineEvent('journal_test.tick', { payload: Type.Object({ n: Type.Integer(), text: Type.String() }) });
const table = new TypeTable();
const entry = table.addDefinition(Tick as unknown as EventDefinition);
const encoder = new FrameEncoder(table, { frameBytesMax: 8192 });
const { f64 } = encoder.views;

async function appendTo(directory: string, level: JournalLevel): Promise<never> {
  const journal = await openJournal(directory, { level, segmentBytes: 65_536, batchBytes: 4096 });
  journal.types(table.toRecords());
  writeSync(1, `open ${level} ${journal.lastSeq}\n`);
  for (;;) {
    for (let i = 0; i < 50; i++) {
      const seq = journal.lastSeq + 1;
      // What an event says follows from its seq, so that whoever reads it can tell if it is the right one.
      const payload = { n: seq, text: 't'.repeat(seq % 211) };
      const length = encoder.encode(entry, { type: Tick.type, payload } as never, null);
      f64[SEQ >> 3] = seq;
      f64[TIMESTAMP >> 3] = seq;
      f64[TS_INIT >> 3] = seq;
      journal.append(encoder.views, 0, length, seq);
    }
    const { lastSeq } = journal;
    await journal.whenDurable(lastSeq);
    writeSync(1, `kept ${level} ${lastSeq}\n`);
  }
}

await once(process.stdin, 'data');
process.stdin.unref();
const [first = '', firstLevel, second, secondLevel] = process.argv.slice(2);
await Promise.all([
  appendTo(first, firstLevel as JournalLevel),
  ...(second === undefined ? [] : [appendTo(second, secondLevel as JournalLevel)]),
]);
