import { QtError } from '../../../base/index.ts';
import { TIMESTAMP } from '../../../codec/index.ts';
import { measureJournal } from '../../../journal/index.ts';
import { QT_APP_INPUT_UNREADABLE } from '../../errors.ts';
import type { OnProgress } from '../../progress.ts';
import { checkDirectory } from '../recorded.ts';
import { readRunText, RUN_FILE } from '../run-file.ts';
import { Explained, Gaps, TransferSource } from './source.ts';
import { LineWriter, TRANSFER_FORMAT, TRANSFER_VERSION } from './format.ts';

/** Which part of a journal is wanted; all of it by default. What is left out counts as removed. */
export interface TransferRange {
  readonly fromSeq?: number;
  /** The last seq. */
  readonly toSeq?: number;
  /** Event time, microseconds since 1970, from which on. */
  readonly sinceUs?: number;
  /** Event time before which. */
  readonly untilUs?: number;
}

/** What a journal became, or what became of a file. */
export interface TransferReport {
  readonly journalId: string;
  readonly events: number;
  readonly lastSeq: number;
  /** Of the content, whatever files it is in: two journals that agree on it are the same. */
  readonly sha256: string;
}

/**
 * The lines of a journal, also of one that is being written: up to where it is now. The same journal gives the same
 * lines, however its files are cut. A part ends with its last event.
 *
 * @throws QtError QT_APP_INPUT_UNREADABLE, QT_JOURNAL_DAMAGED, QT_JOURNAL_VERSION_UNSUPPORTED
 */
export function* transferLines(
  directory: string,
  range: TransferRange = {},
  onProgress: OnProgress = () => {},
): Generator<string, TransferReport, undefined> {
  checkDirectory(directory);
  const { fromSeq = 1, toSeq = Infinity, sinceUs = -Infinity, untilUs = Infinity } = range;
  const isPart = fromSeq > 1 || toSeq < Infinity || sinceUs > -Infinity || untilUs < Infinity;
  // A writer that is faster than this must not keep it from ending.
  const lastSeq = Math.min(toSeq, measureJournal(directory).lastSeq);
  using source = new TransferSource(directory, fromSeq, isPart);
  const writer = new LineWriter();
  const explained = new Explained();
  const gaps = new Gaps();
  let items = source.next();
  const { journalId } = source;
  if (journalId === null) throw unreadable(directory, 'there is none in it');
  yield writer.line({ format: TRANSFER_FORMAT, version: TRANSFER_VERSION, journalId });
  const text = readRunText(directory);
  if (text !== null) yield writer.line({ file: { name: RUN_FILE, text } });
  if (fromSeq > 1) gaps.add({ firstSeq: 1, lastSeq: fromSeq - 1, why: 'removed' });
  let events = 0;
  let doneSeq = 0;
  for (; items.length > 0; items = source.next()) {
    let chain = source.takeBreak();
    for (const item of items) {
      if (item.firstSeq > lastSeq) continue;
      doneSeq = Math.min(item.lastSeq, lastSeq);
      const { frame } = item;
      const timestamp = frame?.readDoubleLE(TIMESTAMP) ?? 0;
      if (frame === undefined || timestamp < sinceUs || timestamp >= untilUs) {
        const ended = gaps.add({ firstSeq: item.firstSeq, lastSeq: doneSeq, why: item.why ?? 'removed' });
        if (ended !== null) yield writer.line({ missing: ended });
        continue;
      }
      const missing = gaps.take();
      if (missing !== null) yield writer.line({ missing });
      if (chain !== null) yield writer.line({ chain });
      chain = null;
      const dictionary = explained.learn(source.dictionary);
      if (dictionary !== null) yield writer.line({ dictionary });
      yield writer.event(item.firstSeq, frame, source.eventOf(frame));
      events++;
    }
    onProgress(doneSeq, lastSeq);
    // Where a journal ends by itself a further look is due: damage must not pass for its end.
    if (items.at(-1)!.lastSeq > lastSeq || doneSeq === toSeq) break;
  }
  const missing = gaps.take();
  if (missing !== null && !isPart) yield writer.line({ missing });
  const dictionary = isPart ? null : explained.learn(source.dictionary);
  if (dictionary !== null) yield writer.line({ dictionary });
  const endSeq = missing !== null && isPart ? missing.firstSeq - 1 : doneSeq;
  const end = { lastSeq: endSeq, events, sha256: writer.contentHash() };
  yield writer.line({ end });
  return { journalId, ...end };
}

function unreadable(directory: string, reason: string): QtError {
  return new QtError(QT_APP_INPUT_UNREADABLE, `Cannot read the journal ${directory}: ${reason}`, { details: { directory } });
}
