import { invalidOption } from '../../../base/index.ts';
import { queryJournal, toTimeUs, type JournalQuery } from '../../../app/index.ts';
import { createFormat, type EventFormat } from '../../event-format.ts';
import { EXIT_CODES, type ExitCode } from '../../exit-codes.ts';
import { writeLines } from '../../output.ts';
import { showWork } from '../../progress.ts';
import type { EventsOptions } from './options.ts';

/** @throws QtError QT_APP_INPUT_UNREADABLE, QT_EVENT_TOPIC_INVALID, QT_OPTION_INVALID, and those of the journal */
export async function printRecorded(directory: string, pattern: string, options: EventsOptions): Promise<ExitCode> {
  const { columns, json, quiet } = options;
  const format = createFormat(options.format ?? (json === true ? 'ndjson' : 'table'), columns);
  const progress = showWork({ label: 'events', unit: 'events', isWanted: quiet !== true && json !== true, streamsResults: true });
  try {
    await writeLines(linesOf(queryJournal(directory, { ...toQuery(pattern, options), onProgress: progress.onProgress }), format));
    return EXIT_CODES.ok;
  } finally {
    progress.end();
  }
}

function toQuery(pattern: string, { fromSeq, key, last, limit, since, source, type, until }: EventsOptions): JournalQuery {
  return {
    patterns: [pattern],
    ...(type === undefined ? {} : { types: type }),
    ...(key === undefined ? {} : { keys: key }),
    ...(source === undefined ? {} : { sources: source }),
    ...(since === undefined ? {} : { sinceUs: toTimeUs('since', since) }),
    ...(until === undefined ? {} : { untilUs: toTimeUs('until', until) }),
    ...(fromSeq === undefined ? {} : { fromSeq: toCount('from-seq', fromSeq) }),
    ...(limit === undefined ? {} : { limit: toCount('limit', limit) }),
    ...(last === undefined ? {} : { last: toCount('last', last) }),
  };
}

function toCount(field: string, text: string): number {
  const count = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw invalidOption(field, text, 'an integer >= 1');
  return count;
}

function* linesOf(events: ReturnType<typeof queryJournal>, format: EventFormat): Generator<string, void, undefined> {
  if (format.header !== null) yield format.header;
  let count = 0;
  for (const event of events) {
    count++;
    yield format.line(event);
  }
  const footer = format.footer(count);
  if (footer !== null) yield footer;
}
