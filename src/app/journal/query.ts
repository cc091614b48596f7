import { checkNumber, invalidOption } from '../../base/index.ts';
import type { QtEvent } from '../../event/index.ts';
import { measureJournal } from '../../journal/index.ts';
import type { OnProgress } from '../progress.ts';
import { EventFilter, type EventSelection } from './event-filter.ts';
import { checkDirectory, RecordedFrames, toRecordedEvent } from './recorded.ts';

/** Which events of a journal are wanted; all by default. */
export interface JournalQuery extends EventSelection {
  /** First seq. */
  readonly fromSeq?: number;
  /** How many at most, from the start, an integer >= 1. */
  readonly limit?: number;
  /** How many at most, from the end; held in memory. An integer >= 1, not together with `limit`. */
  readonly last?: number;
  readonly onProgress?: OnProgress;
}

/** Events looked through in the first look at the end of a journal, for each one that is wanted. */
const LOOK_FACTOR = 4;
const LOOK_MIN = 1024;

/**
 * The events of a journal in log order, also of one that is being written: up to where it is when this begins.
 *
 * @throws QtError QT_APP_INPUT_UNREADABLE, QT_EVENT_TOPIC_INVALID, QT_OPTION_INVALID, QT_JOURNAL_DAMAGED,
 *   QT_JOURNAL_VERSION_UNSUPPORTED
 * @example
 * for (const event of queryJournal('./journal', { patterns: ['trades.**'], limit: 10 })) console.log(event.type);
 */
export function* queryJournal(directory: string, query: JournalQuery = {}): Generator<QtEvent<object>, void, undefined> {
  const { fromSeq = 1, last, limit = Infinity, onProgress } = query;
  const filter = new EventFilter(query);
  checkNumber('fromSeq', fromSeq, { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true });
  if (limit !== Infinity) checkNumber('limit', limit, { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true });
  if (last !== undefined) checkNumber('last', last, { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true });
  if (last !== undefined && query.limit !== undefined) throw invalidOption('last', last, 'given without limit');
  checkDirectory(directory);
  const toSeq = measureJournal(directory).lastSeq;
  if (last !== undefined) {
    yield* newestEvents(directory, filter, { fromSeq, toSeq, count: last, onProgress });
    return;
  }
  let found = 0;
  for (const event of select(directory, filter, fromSeq, toSeq, onProgress)) {
    yield event;
    if (++found >= limit) return;
  }
}

/**
 * The newest events that pass, in log order. Looks back further and further until there are enough of them.
 *
 * @returns at most `count`
 */
export function newestEvents(
  directory: string,
  filter: EventFilter,
  { count, fromSeq, onProgress, toSeq }: { count: number; fromSeq: number; toSeq: number; onProgress?: OnProgress | undefined },
): QtEvent<object>[] {
  for (let look = Math.max(LOOK_MIN, count * LOOK_FACTOR); ; look *= LOOK_FACTOR) {
    const start = Math.max(fromSeq, toSeq - look + 1);
    let newest: QtEvent<object>[] = [];
    for (const event of select(directory, filter, start, toSeq, onProgress)) {
      newest.push(event);
      // In pieces, because to move them all for each event would cost as much as reading.
      if (newest.length >= 2 * count + LOOK_MIN) newest = newest.slice(-count);
    }
    if (newest.length >= count || start === fromSeq) return newest.slice(-count);
  }
}

function* select(
  directory: string,
  filter: EventFilter,
  fromSeq: number,
  toSeq: number,
  onProgress: OnProgress = () => {},
): Generator<QtEvent<object>, void, undefined> {
  // The reader begins at the first event that late; event times need not rise from there, so each is looked at.
  const { sinceUs } = filter;
  using frames = new RecordedFrames(directory, { fromSeq, ...(sinceUs === -Infinity ? {} : { fromTimeUs: sinceUs }) });
  for (let frame = frames.next(); frame !== null; frame = frames.next()) {
    const { seq } = frame;
    // A look further than the end: damage behind it must not pass for an end.
    if (seq > toSeq) return;
    if (seq % PROGRESS_EVENTS === 0) onProgress(seq - fromSeq, toSeq - fromSeq + 1);
    if (filter.accepts(frame)) yield toRecordedEvent(frame);
  }
}

/** Between two reports: less than a hundredth of a second of reading. */
const PROGRESS_EVENTS = 1024;
