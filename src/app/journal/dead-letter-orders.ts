import { hasCode, QtError } from '../../base/index.ts';
import { createEventBus } from '../../engine/index.ts';
import { ROUTE } from '../../codec/index.ts';
import { DeadLetterAdded, DeadLetterRedriveRequested, DeadLetterRemoved, type EventDraft } from '../../event/index.ts';
import { openJournal, openJournalReader, QT_JOURNAL_LOCKED } from '../../journal/index.ts';
import { listDeadLetters, type LetterQuery } from './dead-letters.ts';

const OWN_TYPES: readonly string[] = [DeadLetterAdded.type, DeadLetterRemoved.type, DeadLetterRedriveRequested.type];
/** Who the events are from. */
const SOURCE = 'qt dlq';

/**
 * Forgets dead letters of a process that does not run, by events in its journal.
 *
 * @returns the ids of those that were purged
 * @throws QtError QT_JOURNAL_LOCKED when a process has the journal open, and as `listDeadLetters` and `openJournal`
 */
export function purgeDeadLetters(directory: string, query: LetterQuery): Promise<string[]> {
  return order(directory, 'purge', query, (id) => DeadLetterRemoved.create({ letter_id: id, cause: 'PURGED' }, { source: SOURCE }));
}

/**
 * Asks for dead letters to be sent to their groups again when these subscribe to a bus on this journal the next time.
 *
 * @returns the ids of those that were not asked for yet
 * @throws QtError as `purgeDeadLetters`
 */
export function requestRedrive(directory: string, query: LetterQuery): Promise<string[]> {
  return order(directory, 'redrive', query, (id) => DeadLetterRedriveRequested.create({ letter_id: id }, { source: SOURCE }));
}

async function order(
  directory: string,
  action: 'purge' | 'redrive',
  query: LetterQuery,
  toEvent: (id: string) => EventDraft<object>,
): Promise<string[]> {
  // Before the lock: what is no journal must not become one.
  listDeadLetters(directory, query);
  const { audit, names } = endOf(directory);
  const journal = await openJournal(directory, { audit }).catch((error: unknown) => {
    throw hasCode(error, QT_JOURNAL_LOCKED) ? ownedElsewhere(error as QtError, action) : error;
  });
  try {
    // Again under the lock: the process that had it may have handled some of them.
    const letters = listDeadLetters(directory, query).filter(({ isRedriveRequested }) => action === 'purge' || !isRedriveRequested);
    const ids = letters.map(({ id }) => id);
    if (ids.length > 0) await publish(journal, names, ids.map(toEvent));
    return ids;
  } finally {
    await journal.close();
  }
}

/** Through a bus without groups, so that they are events like all others; lockstep, so that it leaves positions and letters alone. */
async function publish(
  log: Awaited<ReturnType<typeof openJournal>>,
  names: Readonly<Record<string, string>>,
  events: readonly EventDraft<object>[],
): Promise<void> {
  const { run, source } = names;
  const bus = createEventBus({
    mode: 'inline',
    lockstep: true,
    log,
    ...(run === undefined ? {} : { runId: run }),
    ...(source === undefined ? {} : { source }),
  });
  await bus.start();
  await bus.publishBatch(events);
  await bus.drain();
  await bus.stop();
}

/** What holds at the end of a journal: its names, and which of our events its audit chain takes. */
function endOf(directory: string): { audit: readonly string[]; names: Readonly<Record<string, string>> } {
  const reader = openJournalReader(directory);
  let isChained = false;
  try {
    reader.readAll((views, index) => {
      if (views.u32[(index + ROUTE) >> 2] !== 0 && OWN_TYPES.includes(reader.decoder.type(views, index))) isChained = true;
    });
    // A process that chained one of them means them all.
    return { audit: isChained ? OWN_TYPES : [], names: reader.dictionary.names };
  } finally {
    reader.close();
  }
}

function ownedElsewhere(cause: QtError, action: string): QtError {
  const [, owner = 'another process'] = /: (.*) has it open$/.exec(cause.message) ?? [];
  return new QtError(
    QT_JOURNAL_LOCKED,
    `Cannot ${action} dead letters from outside: ${owner} has the journal open; there, bus.deadLetters.${action}() does it`,
    { cause, details: cause.details },
  );
}
