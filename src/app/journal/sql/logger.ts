import type { Worker } from 'node:worker_threads';
import { checkNumber, QtError, resources, silentLogger, toErrorRecord, type ErrorRecord, type Logger } from '../../../base/index.ts';
import { QT_APP_LOGGER_LOST } from '../../errors.ts';
import { checkDirectory } from '../recorded.ts';
import { ADDED, POSITION, SHARED_BYTES, STOP, type SqlMessage, type SqlTask } from './task.ts';

export interface EventLoggerOptions {
  /** Of the journal, if it is known, so that a database of another one is refused although nothing is in the journal yet. */
  readonly journalId?: string;
  /** Events from which on a transaction is ended, 1..1 000 000, default 2000: longer ones save little and delay readers. */
  readonly batchEvents?: number;
  /** Pause at the end of the journal, ms, 1..60 000, default 100: about how far the tables are behind. */
  readonly pollMs?: number;
  /** How long to wait for another program's write transaction before it is tried again, ms, 0..3 600 000, default 5000. */
  readonly busyMs?: number;
  /** Largest size of the database, bytes, >= 1 MiB, default none. */
  readonly bytesMax?: number;
  readonly logger?: Logger;
  /** Called once, if it stops early. */
  readonly onFailure?: (failure: QtError) => void;
}

/** What came of an event logger. */
export interface EventLoggerReport {
  readonly path: string;
  /** Seq up to which the journal is in the database. */
  readonly position: number;
  /** Events that this logger has added. */
  readonly addedEvents: number;
  /** Events that the journal had lost with the power and that were taken back from the database. */
  readonly removedEvents: number;
  readonly schemaVersion: number;
  /** Why it stopped early, null if it did not. */
  readonly failure: ErrorRecord | null;
}

/**
 * Keeps a SQLite database up to date with a journal, on a thread of its own, from where it stopped the last time. Each event is in
 * it once, whenever either process dies. It reads the journal's files and takes no lock on them, so it may run in the
 * process that writes the journal or in any other; it never holds that up.
 *
 * @param directory of the journal
 * @param path of the database, made if it is not there
 * @throws QtError QT_APP_INPUT_UNREADABLE, QT_OPTION_INVALID, QT_APP_LOGGER_LOST, QT_SQL_FILE_UNUSABLE,
 *   QT_SQL_FILE_FOREIGN, QT_SQL_FILE_NEWER, QT_SQL_FILE_OTHER_JOURNAL, and others of the database and the journal
 *
 * @example
 * const logger = await startEventLogger('./journal', './events.db');
 * await logger.close();
 * console.log(logger.report());
 */
export async function startEventLogger(directory: string, path: string, options: EventLoggerOptions = {}): Promise<EventLogger> {
  checkDirectory(directory);
  const task: SqlTask = {
    directory,
    path,
    journalId: options.journalId ?? null,
    batchEvents: checkNumber('batchEvents', options.batchEvents ?? 2000, { min: 1, max: 1_000_000, integer: true }),
    pollMs: checkNumber('pollMs', options.pollMs ?? 100, { min: 1, max: 60_000 }),
    busyMs: checkNumber('busyMs', options.busyMs ?? 5000, { min: 0, max: 3_600_000, integer: true }),
    bytesMax: options.bytesMax === undefined ? null : checkNumber('bytesMax', options.bytesMax, { min: 1 << 20, integer: true }),
    shared: new SharedArrayBuffer(SHARED_BYTES),
  };
  const logger = new EventLogger(task, options);
  await logger.ready;
  return logger;
}

/** A running event logger. A failure stops it and nothing else: the journal has every event, and the next one catches up. */
export class EventLogger {
  readonly directory: string;
  readonly path: string;
  /** Resolves when the database is open and follows. */
  readonly ready: Promise<void>;
  #failure: QtError | null = null;
  #hasClosed = false;
  #start: Extract<SqlMessage, { kind: 'ready' }> | null = null;
  readonly #logger: Logger;
  readonly #onFailure: (failure: QtError) => void;
  readonly #words: Int32Array;
  readonly #counters: BigInt64Array;
  readonly #started = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();

  /** Use `startEventLogger`. */
  constructor(task: SqlTask, { logger = silentLogger, onFailure = () => {} }: EventLoggerOptions) {
    this.directory = task.directory;
    this.path = task.path;
    this.ready = this.#started.promise;
    this.#logger = logger;
    this.#onFailure = onFailure;
    this.#words = new Int32Array(task.shared);
    this.#counters = new BigInt64Array(task.shared);
    const worker: Worker = resources.startThread(new URL('./thread.ts', import.meta.url), { workerData: task });
    worker.on('message', (message: SqlMessage) => this.#onMessage(message));
    worker.on('error', (cause) => this.#onLost(cause));
    worker.once('exit', (code) => {
      this.#onLost(new Error(`its thread ended with exit code ${code}`));
      this.#ended.resolve();
    });
  }

  /** Seq up to which the journal is in the database. */
  get position(): number {
    return Number(Atomics.load(this.#counters, POSITION));
  }

  /** Why it has stopped, null if it has not. */
  get failure(): QtError | null {
    return this.#failure;
  }

  report(): EventLoggerReport {
    const { failure, path, position } = this;
    const { removedEvents = 0, schemaVersion = 0 } = this.#start ?? {};
    const addedEvents = Number(Atomics.load(this.#counters, ADDED));
    return { path, position, addedEvents, removedEvents, schemaVersion, failure: failure === null ? null : failure.toRecord() };
  }

  /** Catches up with the journal's end, then lets go of the database. Never rejects: see `failure`. Safe to call again. */
  close(): Promise<void> {
    Atomics.store(this.#words, STOP, 1);
    Atomics.notify(this.#words, STOP);
    return this.#ended.promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #onMessage(message: SqlMessage): void {
    switch (message.kind) {
      case 'ready':
        this.#start = message;
        if (message.removedEvents > 0) {
          const { path, directory } = this;
          const { removedEvents } = message;
          this.#logger.warn({ path, directory, removedEvents }, 'The journal has lost events that the database had; they were taken back');
        }
        this.#started.resolve();
        break;
      case 'failed':
        this.#fail(new QtError(message.error.code, message.error.message, { details: message.error.details ?? {} }));
        break;
      case 'closed':
        this.#hasClosed = true;
    }
  }

  #onLost(cause: unknown): void {
    if (this.#hasClosed || this.#failure !== null) return;
    this.#fail(new QtError(QT_APP_LOGGER_LOST, `Cannot keep the database ${this.path}: ${toErrorRecord(cause).message}`, { cause }));
  }

  #fail(failure: QtError): void {
    this.#failure = failure;
    if (this.#start === null) {
      // Only when the file is let go of, so that whoever hears of it may remove it.
      void this.#ended.promise.then(() => this.#started.reject(failure));
      return;
    }
    const { directory, path, position } = this;
    this.#logger.warn({ err: failure.toRecord(), directory, path, position }, 'The event logger has stopped; the journal goes on');
    this.#onFailure(failure);
  }
}
