import { openJournalReader } from '../../../journal/index.ts';
import type { EventDatabase } from '../../../observe/index.ts';
import { EventDecoding } from '../recorded.ts';

/** How much farther back each look begins than the one before. */
const STEP = 8;

/**
 * Finds the seq up to which a database tells what its journal tells.
 *
 * That is its position, unless the power failed: a database may keep what a journal at level `written` has lost, and the
 * journal may even have gone on from there with other events of the same seqs. An event is the same if type, times, run
 * and payload are. What retention has removed from the journal is no difference.
 *
 * @throws QtError QT_SQL_FILE_OTHER_JOURNAL, and those of the journal
 */
export function agreedSeq(directory: string, database: EventDatabase): number {
  const { position } = database;
  for (let back = 0; ; back = Math.max(1, back * STEP)) {
    const from = Math.max(1, position - back);
    const agreed = compare(directory, database, from);
    if (agreed !== null) return agreed;
    if (from === 1) return 0;
  }
}

/** The same, from what stands at `from` and behind it; null if that cannot tell. */
function compare(directory: string, database: EventDatabase, from: number): number | null {
  const { position } = database;
  using reader = openJournalReader(directory, { fromSeq: from });
  const decoding = new EventDecoding(reader);
  const found: { agreed: number | null; isDifferent: boolean; seen: number } = { agreed: null, isDifferent: false, seen: 0 };
  do {
    const { nextSeq } = reader;
    const count = reader.readBatch((views, index, _length, seq) => {
      if (seq > position || found.isDifferent) return;
      found.seen++;
      if (database.has(decoding.event(views, index))) found.agreed = seq;
      else found.isDifferent = true;
    });
    if (reader.journalId === null) return position;
    database.bind(reader.journalId);
    if (count === 0 && reader.nextSeq === nextSeq) break;
  } while (!found.isDifferent && reader.nextSeq <= position);
  if (found.isDifferent) return found.agreed;
  // The journal has the position, or has had it.
  if (reader.nextSeq > position) return found.seen > 0 || from === 1 ? position : null;
  // It ends before.
  return found.seen > 0 || from === 1 ? reader.nextSeq - 1 : null;
}
