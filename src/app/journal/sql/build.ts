import { QtError } from '../../../base/index.ts';
import { measureJournal } from '../../../journal/index.ts';
import { QT_APP_INPUT_UNREADABLE } from '../../errors.ts';
import { checkDirectory } from '../recorded.ts';
import { startEventLogger, type EventLogger, type EventLoggerReport } from './logger.ts';

/**
 * Brings a database up to the end that a journal has now, or builds it.
 *
 * @param onStart called with what is at work and the seq it goes to
 * @throws QtError those of `startEventLogger`, and the failure if it could not be finished
 */
export async function catchUpSql(
  directory: string,
  path: string,
  onStart: (logger: EventLogger, lastSeq: number) => void = () => {},
): Promise<EventLoggerReport> {
  checkDirectory(directory);
  const { lastSeq, segments } = measureJournal(directory);
  if (segments === 0) {
    throw new QtError(QT_APP_INPUT_UNREADABLE, `Cannot read the journal ${directory}: there is none in it`, { details: { directory } });
  }
  const logger = await startEventLogger(directory, path);
  onStart(logger, lastSeq);
  await logger.close();
  if (logger.failure !== null) throw logger.failure;
  return logger.report();
}
