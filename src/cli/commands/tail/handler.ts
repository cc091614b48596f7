import { invalidOption } from '../../../base/index.ts';
import { tailJournal } from '../../../app/index.ts';
import { createFormat } from '../../event-format.ts';
import { EXIT_CODES, type ExitCode } from '../../exit-codes.ts';
import { listenForInterrupt } from '../../interrupt.ts';
import { writeLines } from '../../output.ts';
import type { TailFlags } from './options.ts';

/** @throws QtError QT_APP_INPUT_UNREADABLE, QT_EVENT_TOPIC_INVALID, QT_OPTION_INVALID, and those of the journal */
export async function tail(directory: string, pattern: string, flags: TailFlags): Promise<ExitCode> {
  const { columns, json, key, lines, source, type } = flags;
  if (!/^\d{1,7}$/.test(lines) || Number(lines) > 1_000_000) throw invalidOption('lines', lines, 'an integer 0 to 1000000');
  const format = createFormat(flags.format ?? (json === true ? 'ndjson' : 'table'), columns);
  const query = {
    patterns: [pattern],
    last: Number(lines),
    ...(type === undefined ? {} : { types: type }),
    ...(key === undefined ? {} : { keys: key }),
    ...(source === undefined ? {} : { sources: source }),
  };
  const interrupt = listenForInterrupt();
  try {
    if (format.header !== null) await writeLines([format.header]);
    for await (const group of tailJournal(directory, query, interrupt.signal)) {
      if (!(await writeLines(group.map((event) => format.line(event))))) break;
    }
    return EXIT_CODES.ok;
  } finally {
    interrupt.close();
  }
}
