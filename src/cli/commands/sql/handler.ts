import { catchUpSql, type EventLogger, type EventLoggerReport } from '../../../app/index.ts';
import { EXIT_CODES, type ExitCode } from '../../exit-codes.ts';
import type { SqlFlags } from './options.ts';

const REDRAW_MS = 100;
const BAR = 30;

/** @throws QtError QT_APP_INPUT_UNREADABLE, and those of the database and the journal */
export async function sql(directory: string, { json, to }: SqlFlags): Promise<ExitCode> {
  let endProgress = (): void => {};
  try {
    const report = await catchUpSql(directory, to, (logger, lastSeq) => {
      endProgress = showProgress(logger, lastSeq, process.stderr);
    });
    endProgress();
    process.stdout.write(`${json === true ? JSON.stringify(report) : toText(directory, report)}\n`);
    return EXIT_CODES.ok;
  } finally {
    endProgress();
  }
}

function toText(directory: string, { addedEvents, path, position, removedEvents, schemaVersion }: EventLoggerReport): string {
  const removed = removedEvents === 0 ? [] : [`took back ${removedEvents} events that the journal ${directory} has lost`];
  return [...removed, `added ${addedEvents} events; ${path} holds the journal up to seq ${position}, schema ${schemaVersion}`].join('\n');
}

/** One line that is rewritten, for people only. */
function showProgress(logger: EventLogger, lastSeq: number, stream: NodeJS.WriteStream): () => void {
  if (!stream.isTTY) return () => {};
  const timer = setInterval(() => stream.write(`\r\u001B[K${toBar(logger.position, lastSeq)}`), REDRAW_MS);
  return () => {
    clearInterval(timer);
    stream.write('\r\u001B[K');
  };
}

function toBar(position: number, lastSeq: number): string {
  const ratio = Math.min(1, position / Math.max(1, lastSeq));
  const filled = Math.floor(ratio * BAR);
  return `qt: [${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}] ${Math.floor(ratio * 100)} %  seq ${position} of ${lastSeq}`;
}
