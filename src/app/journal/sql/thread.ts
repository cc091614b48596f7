/**
 * Entry of the event logger's thread.
 *
 *   step ==> a full transaction: again at once; less ==> sleep, which STOP ends ==> step
 *
 * It hears nothing but STOP, and what it has to say is in POSITION and in its last message.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { hasCode, toErrorRecord } from '../../../base/index.ts';
import { openEventDatabase, QT_SQL_BUSY, type EventDatabase } from '../../../observe/index.ts';
import { SqlFollower } from './follower.ts';
import { ADDED, POSITION, STOP, type SqlMessage, type SqlTask } from './task.ts';

/** Waits for another program's transaction, each of `busyMs`, that closing may take. */
const BUSY_MAX = 3;

function run(task: SqlTask, post: (message: SqlMessage) => void): void {
  let database: EventDatabase | null = null;
  try {
    const { busyMs, bytesMax, directory, path } = task;
    database = openEventDatabase(path, { busyMs, ...(bytesMax === null ? {} : { bytesMax }) });
    if (task.journalId !== null) database.bind(task.journalId);
    const follower = new SqlFollower(directory, database, task.batchEvents);
    Atomics.store(new BigInt64Array(task.shared), POSITION, BigInt(database.position));
    post({ kind: 'ready', removedEvents: follower.removedEvents, schemaVersion: database.schemaVersion });
    follow(task, database, follower);
    follower.close();
    database.close();
    post({ kind: 'closed' });
  } catch (error) {
    database?.close();
    post({ kind: 'failed', error: toErrorRecord(error) });
  }
}

function follow({ batchEvents, pollMs, shared }: SqlTask, database: EventDatabase, follower: SqlFollower): void {
  const words = new Int32Array(shared);
  const counters = new BigInt64Array(shared);
  let busy = 0;
  for (;;) {
    // Looked at before the journal is, so that all that was written before the stop is seen.
    const isStopping = Atomics.load(words, STOP) !== 0;
    let added = 0;
    try {
      added = follower.step();
      busy = 0;
    } catch (error) {
      // The journal keeps what cannot be taken now.
      if (!hasCode(error, QT_SQL_BUSY) || (isStopping && ++busy >= BUSY_MAX)) throw error;
      continue;
    }
    Atomics.store(counters, POSITION, BigInt(database.position));
    Atomics.add(counters, ADDED, BigInt(added));
    if (isStopping && added === 0) return;
    if (!isStopping && added < batchEvents) Atomics.wait(words, STOP, 0, pollMs);
  }
}

run(workerData as SqlTask, (message) => parentPort!.postMessage(message));
