import { openJournalReader } from '../../journal/index.ts';
import type { EventDatabase } from '../../observe/index.ts';
import { EventDecoding } from './recorded.ts';

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
  let agreed: number | null = null;
  let isDifferent = false;
  let seen = 0;
  do {
    const { nextSeq } = reader;
    const count = reader.readBatch((views, index, _length, seq) => {
      if (seq > position || isDifferent) return;
      seen++;
      if (database.has(decoding.event(views, index))) agreed = seq;
      else isDifferent = true;
    });
    if (reader.journalId === null) return position;
    database.bind(reader.journalId);
    if (count === 0 && reader.nextSeq === nextSeq) break;
  } while (!isDifferent && reader.nextSeq <= position);
  if (isDifferent) return agreed;
  // The journal has the position, or has had it.
  if (reader.nextSeq > position) return seen > 0 || from === 1 ? position : null;
  // It ends before.
  return seen > 0 ? reader.nextSeq - 1 : null;
}
