import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { checkNumber } from '../../base/index.ts';
import type { QtEvent } from '../../event/index.ts';
import { measureJournal } from '../../journal/index.ts';
import { EventFilter, type EventSelection } from './event-filter.ts';
import { newestEvents } from './query.ts';
import { checkDirectory, RecordedFrames, toRecordedEvent, type RecordedFrame } from './recorded.ts';

export interface TailQuery extends Omit<EventSelection, 'sinceUs' | 'untilUs'> {
  /** How many of the events that are there come first, an integer >= 0, default 0. */
  readonly last?: number;
}

/** Between two looks at the end of a journal: a person does not see the difference, and it costs a hundredth of a core. */
const POLL_MS = 50;
/** Events that are looked at in one go. */
const GROUP = 512;

/**
 * The events of a journal as they come, in groups, until the signal is aborted. The directory may still be empty; the
 * journal may be opened and closed meanwhile, begin new files and trim old ones.
 *
 * @throws QtError QT_APP_INPUT_UNREADABLE also when the directory goes away, QT_EVENT_TOPIC_INVALID, QT_OPTION_INVALID,
 *   QT_JOURNAL_DAMAGED, QT_JOURNAL_VERSION_UNSUPPORTED
 */
export async function* tailJournal(
  directory: string,
  query: TailQuery,
  signal: AbortSignal,
): AsyncGenerator<readonly QtEvent<object>[], void, undefined> {
  const count = checkNumber('last', query.last ?? 0, { min: 0, max: 1_000_000, integer: true });
  const filter = new EventFilter(query);
  checkDirectory(directory);
  const { lastSeq } = measureJournal(directory);
  if (count > 0 && lastSeq > 0) yield newestEvents(directory, filter, { fromSeq: 1, toSeq: lastSeq, count });
  using frames = new RecordedFrames(directory, { fromSeq: lastSeq + 1 });
  while (!signal.aborted) {
    const group: QtEvent<object>[] = [];
    let looked = 0;
    for (let frame = nextOf(frames, looked); frame !== null; frame = nextOf(frames, looked)) {
      looked++;
      if (filter.accepts(frame)) group.push(toRecordedEvent(frame));
    }
    if (group.length > 0) yield group;
    if (looked === 0) checkDirectory(directory);
    // Also where much comes and nothing of it is wanted, others on this thread must have their turn.
    if (looked < GROUP) await pause(POLL_MS, undefined, { signal }).catch(() => {});
    else await turn();
  }
}

function nextOf(frames: RecordedFrames, looked: number): RecordedFrame | null {
  return looked < GROUP ? frames.next() : null;
}
