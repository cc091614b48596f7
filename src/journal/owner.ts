import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { QtError, type Clock } from '../base/index.ts';
import { QT_JOURNAL_LOCKED, QT_JOURNAL_NOT_A_DIRECTORY } from './errors.ts';
import { readWhole, replaceFile, type JournalFs } from './file-system.ts';
import { attempt } from './segment-writer.ts';
import { listSegments } from './segments.ts';

const LOCK = 'lock';
/** Only for people and messages: the lock itself is the kernel's. */
const OWNER = 'owner.json';

/**
 * Makes the directory and takes its lock.
 *
 * @returns the release
 * @throws QtError QT_JOURNAL_LOCKED naming the process that has it, QT_JOURNAL_NOT_A_DIRECTORY, QT_JOURNAL_WRITE_FAILED, QT_JOURNAL_DISK_FULL
 */
export function lockDirectory(fs: JournalFs, directory: string, clock: Clock): () => void {
  return attempt('write', () => {
    makeDirectory(fs, directory);
    if (listSegments(fs, directory).length === 0) syncName(fs, directory);
    const unlock = fs.lock(join(directory, LOCK));
    if (unlock === null) throw locked(fs, directory);
    try {
      const owner = { pid: process.pid, host: hostname(), sinceUs: clock.nowUs() };
      replaceFile(fs, join(directory, OWNER), Buffer.from(`${JSON.stringify(owner)}\n`), false);
    } catch (error) {
      unlock();
      throw error;
    }
    return unlock;
  });
}

function makeDirectory(fs: JournalFs, directory: string): void {
  try {
    fs.makeDirectory(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
    const reason = code === 'EEXIST' ? 'it is a file, not a directory' : 'its path leads through a file';
    throw new QtError(QT_JOURNAL_NOT_A_DIRECTORY, `Cannot open the journal ${directory}: ${reason}`, {
      cause: error,
      details: { directory },
    });
  }
}

/** The name of a new journal must survive a power cut too. */
function syncName(fs: JournalFs, directory: string): void {
  try {
    fs.syncDirectory(dirname(directory));
  } catch (error) {
    // Who may not read the folder around it has not made it: it has been there before.
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
  }
}

function locked(fs: JournalFs, directory: string): QtError {
  let owner: { pid?: number; host?: string } = {};
  try {
    owner = JSON.parse(readWhole(fs, join(directory, OWNER)).toString()) as typeof owner;
  } catch {
    // It has the lock and has not said its name yet.
  }
  const who =
    owner.pid === undefined ? 'another process' : owner.pid === process.pid ? 'this process' : `process ${owner.pid} on ${owner.host}`;
  return new QtError(QT_JOURNAL_LOCKED, `Cannot open the journal in ${directory}: ${who} has it open`, {
    details: { directory, ...owner },
  });
}
