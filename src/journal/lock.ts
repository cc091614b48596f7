import type * as Sqlite from 'node:sqlite';

/**
 * Takes an exclusive lock on a file, held until it is released or this process ends, whichever way it ends.
 *
 * The kernel keeps the lock (SQLite's own, on an empty database), and frees it when the process is gone. So there is
 * nothing stale to detect after a kill -9 or a power cut: no process number that somebody else may have by now, no
 * start time to compare, and a container that starts again with the number of the last one is no special case. Node has
 * no other way to such a lock. Works on local disks only, which is where a journal belongs.
 *
 * Nothing else may open this file in this process: POSIX drops a process's locks when it closes any descriptor of it.
 *
 * @returns the release, or null if somebody else holds it, in this process or in another one
 */
export function takeLock(path: string): (() => void) | null {
  // Asked for here and not imported: Node before 22.13 has it behind a flag and would load nothing that imports it, and
  // later ones warn of it on stderr, which concerns nobody who has no journal.
  const sqlite = process.getBuiltinModule('node:sqlite') as typeof Sqlite | undefined;
  if (sqlite === undefined) throw new Error(`Node ${process.versions.node} has no lock that a dead process gives back; 22.13 has`);
  const database = new sqlite.DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return () => database.close();
  } catch (error) {
    database.close();
    // SQLITE_BUSY. Anything else, such as a read-only disk, is not an answer.
    if ((error as { errcode?: number }).errcode === 5) return null;
    throw error;
  }
}
