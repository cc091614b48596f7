import { invalidOption } from '../../../base/index.ts';
import { catalogueRows, type CatalogueRow } from '../../../app/index.ts';
import { EXIT_CODES, type ExitCode } from '../../exit-codes.ts';
import type { EventsOptions } from './options.ts';

/** @throws QtError QT_EVENT_TOPIC_INVALID, QT_OPTION_INVALID */
export function printEvents(pattern: string, options: EventsOptions): ExitCode {
  const { json } = options;
  for (const name of ['type', 'key', 'source', 'since', 'until', 'fromSeq', 'limit', 'last', 'format', 'columns'] as const) {
    if (options[name] !== undefined)
      throw invalidOption('from', undefined, `the directory of a journal, because --${name.replace('fromSeq', 'from-seq')} is about one`);
  }
  const rows = catalogueRows(pattern);
  if (json === true) {
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return EXIT_CODES.ok;
  }
  if (rows.length === 0) {
    process.stderr.write(`qt: no event type matches ${pattern}; qt events prints them all\n`);
    return EXIT_CODES.usage;
  }
  process.stdout.write(`${rows.map(toText).join('\n\n')}\n\n${rows.length} event types\n`);
  return EXIT_CODES.ok;
}

function toText({ consumers, description, fields, key, priority, publishers, rate, retention, type, window }: CatalogueRow): string {
  const kept = `kept ${retention}, window ${window}${rate === '' ? '' : `, ${rate}`}`;
  return [
    `${type}  ${priority}  by ${key}`,
    `  ${description}; ${kept}`,
    `  from ${publishers.join(', ') || 'anyone'} to ${consumers.join(', ').replace(/^\*$/, 'everyone') || 'nobody yet'}`,
    ...fields.map((field) => `    ${field}`),
  ].join('\n');
}
