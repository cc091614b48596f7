import { checkNumber, QtError } from '../../base/index.ts';
import { QT_DEAD_LETTER_UNKNOWN } from '../../engine/index.ts';
import {
  checkPattern,
  DeadLetterAdded,
  DeadLetterRedriveRequested,
  DeadLetterRemoved,
  matches,
  type FailureRecord,
  type QtEvent,
} from '../../event/index.ts';
import { measureJournal } from '../../journal/index.ts';
import type { OnProgress } from '../progress.ts';
import { RecordedFrames, toRecordedEvent } from './recorded.ts';

/** An event that a group of the bus behind a journal gave up, and nobody has handled or purged since. */
export interface RecordedLetter {
  readonly id: string;
  readonly type: string;
  readonly group: string;
  readonly reason: string;
  readonly attempts: number;
  readonly code: string;
  readonly message: string;
  /** Microseconds since 1970. */
  readonly deadAtUs: number;
  /** Every failed delivery, oldest first. */
  readonly failures: readonly FailureRecord[];
  readonly eventId: string;
  readonly eventSeq: number;
  /** Null if it was too large to be told with the letter; the journal may have it under `eventSeq`. */
  readonly event: QtEvent<object> | null;
  /** It is sent again when its group is back. */
  readonly isRedriveRequested: boolean;
}

/** Which dead letters are meant; all by default. */
export interface LetterQuery {
  readonly ids?: readonly string[];
  readonly group?: string;
  /** A type or pattern. */
  readonly type?: string;
  readonly reason?: string;
  /** Those that died before this time, microseconds since 1970. */
  readonly beforeUs?: number;
  /** How many at most, an integer >= 1. */
  readonly limit?: number;
  readonly onProgress?: OnProgress;
}

/** Between two reports: less than a hundredth of a second of reading. */
const PROGRESS_EVENTS = 1024;

/**
 * The dead letters that a journal tells of, oldest first, also of a running process: those that were added and not
 * removed. Holds the letters in memory, and of the rest of the journal a batch.
 *
 * @throws QtError QT_APP_INPUT_UNREADABLE, QT_DEAD_LETTER_UNKNOWN when an id was given and is not there,
 *   QT_EVENT_TOPIC_INVALID, QT_OPTION_INVALID, QT_JOURNAL_DAMAGED, QT_JOURNAL_VERSION_UNSUPPORTED
 */
export function listDeadLetters(directory: string, query: LetterQuery = {}): RecordedLetter[] {
  const { beforeUs = Infinity, group, ids, limit = Infinity, onProgress, reason, type } = query;
  if (type !== undefined) checkPattern(type);
  if (limit !== Infinity) checkNumber('limit', limit, { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true });
  const letters = readLetters(directory, onProgress);
  for (const id of ids ?? []) {
    if (!letters.has(id)) throw unknown(directory, id);
  }
  return [...letters.values()]
    .filter((letter) => ids === undefined || ids.includes(letter.id))
    .filter((letter) => group === undefined || letter.group === group)
    .filter((letter) => type === undefined || matches(type, letter.type))
    .filter((letter) => reason === undefined || letter.reason === reason)
    .filter((letter) => letter.deadAtUs < beforeUs)
    .slice(0, limit);
}

/**
 * One dead letter with its event, as far as the journal still has it.
 *
 * @throws QtError as `listDeadLetters`
 */
export function readDeadLetter(directory: string, id: string, onProgress?: OnProgress): RecordedLetter {
  const [letter] = listDeadLetters(directory, { ids: [id], ...(onProgress === undefined ? {} : { onProgress }) });
  if (letter === undefined) throw unknown(directory, id);
  if (letter.event !== null) return letter;
  using frames = new RecordedFrames(directory, { fromSeq: letter.eventSeq });
  const frame = frames.next();
  return frame?.seq === letter.eventSeq ? { ...letter, event: toRecordedEvent(frame) } : letter;
}

function readLetters(directory: string, onProgress: OnProgress = () => {}): Map<string, RecordedLetter> {
  const letters = new Map<string, RecordedLetter>();
  using frames = new RecordedFrames(directory);
  const { lastSeq } = measureJournal(directory);
  for (let frame = frames.next(); frame !== null && frame.seq <= lastSeq; frame = frames.next()) {
    if (frame.seq % PROGRESS_EVENTS === 0) onProgress(frame.seq, lastSeq);
    const type = frame.decoder.type(frame.views, 0);
    if (type === DeadLetterAdded.type) {
      const letter = toLetter(frame.decoder.payload(frame.views, 0) as Parameters<typeof DeadLetterAdded.create>[0]);
      letters.set(letter.id, letter);
    } else if (type === DeadLetterRemoved.type || type === DeadLetterRedriveRequested.type) {
      const { letter_id: id } = frame.decoder.payload(frame.views, 0) as { letter_id: string };
      const letter = letters.get(id);
      if (type === DeadLetterRemoved.type) letters.delete(id);
      else if (letter !== undefined) letters.set(id, { ...letter, isRedriveRequested: true });
    }
  }
  return letters;
}

function toLetter(payload: Parameters<typeof DeadLetterAdded.create>[0]): RecordedLetter {
  const { attempts, code, event, group, message, reason, type } = payload;
  return {
    id: payload.letter_id,
    type,
    group,
    reason,
    attempts,
    code,
    message,
    deadAtUs: payload.dead_at,
    failures: payload.failures as unknown as FailureRecord[],
    eventId: payload.event_id,
    eventSeq: payload.event_seq,
    event: Object.keys(event).length === 0 ? null : (event as unknown as QtEvent<object>),
    isRedriveRequested: false,
  };
}

function unknown(directory: string, id: string): QtError {
  return new QtError(QT_DEAD_LETTER_UNKNOWN, `Cannot find dead letter ${id}: the journal ${directory} has none of this id`, {
    details: { directory, id },
  });
}
