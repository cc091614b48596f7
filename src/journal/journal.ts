import { QtError, toErrorRecord, type ErrorRecord } from '../base/index.ts';
import { ATTEMPT, FLAG_ACK, FLAG_RELEASE, FLAG_RETRY, FLAGS, FrameViews, LENGTH, ROUTE, TARGETS, type TypeRecord } from '../codec/index.ts';
import { createRing, ringBytes, RingWriter } from '../ring/index.ts';
import type { RetentionReport } from './compactor.ts';
import { CLOSE, COMMAND, Control, PINGED, RING_BASE, WAITERS } from './control.ts';
import { encodeDictionary, type DictionaryRecords } from './dictionary.ts';
import { DurabilityWaiters } from './durability-waiters.ts';
import { QT_JOURNAL_CLOSED, QT_JOURNAL_FRAME_INVALID, QT_JOURNAL_OVERFLOW, QT_JOURNAL_WRITER_LOST } from './errors.ts';
import { nodeFs, type JournalFs } from './file-system.ts';
import { InlineWriter } from './inline-writer.ts';
import { resolveJournalOptions, type JournalLevel, type JournalOptions, type ResolvedJournalOptions } from './options.ts';
import { lockDirectory } from './owner.ts';
import type { RecoveryReport } from './recovery.ts';
import { DICTIONARY_RECORD, DICTIONARY_RECORD_HEADER, type WriterMessage, type WriterTask } from './writer-session.ts';
import { ThreadWriter, type WriterHost } from './writer-host.ts';

/** Bits of FLAGS that say how the engine delivers, not what happened. */
const DELIVERY_FLAGS = FLAG_RETRY | FLAG_RELEASE | FLAG_ACK;
/** Appends that become visible to the writer at once: an atomic store and a look at its sleep cost 25 ns. */
const FLUSH_EVERY = 64;

/**
 * Opens a journal to append to: takes its lock, makes its end fit to go on, starts the writer.
 *
 * @param directory made if it is not there; on a local disk
 * @throws QtError QT_JOURNAL_LOCKED, QT_JOURNAL_DAMAGED, QT_JOURNAL_VERSION_UNSUPPORTED, QT_JOURNAL_DISK_FULL,
 *   QT_JOURNAL_WRITE_FAILED, QT_JOURNAL_SYNC_FAILED, QT_OPTION_INVALID
 *
 * @example
 * const journal = await openJournal('./journal', { level: 'fsynced' });
 * journal.types(table.toRecords());
 * journal.append(bytes, offset, length, journal.lastSeq + 1);
 * await journal.whenDurable(journal.lastSeq);
 * await journal.close();
 */
export async function openJournal(directory: string, options: JournalOptions = {}): Promise<Journal> {
  const resolved = resolveJournalOptions(options);
  const unlock = lockDirectory(resolved.fs ?? nodeFs, directory, resolved.clock);
  const journal = new Journal(directory, resolved, unlock);
  await journal.opened;
  return journal;
}

/**
 * The append-only log of a bus. Belongs to one thread, which it never blocks: `append` copies into a ring that the
 * writer drains, and everything about files happens there.
 *
 * A failure of the disk is final: `failure` is set, what waits for durability is rejected, nothing is written any more,
 * until the journal is closed and opened again. The bus decides whether it goes on without.
 */
export class Journal {
  readonly directory: string;
  readonly level: JournalLevel;
  /** Longest frame that can be appended. */
  readonly frameBytesMax: number;
  /** Resolves with this journal when it is ready. */
  readonly opened: Promise<void>;
  /** Frames that were handed over after the failure, and are nowhere. */
  discarded = 0;
  #failure: QtError | null = null;
  #recovery: RecoveryReport | null = null;
  #journalId = '';
  #lastSeq = 0;
  #unflushed = 0;
  #overflow: Buffer[] = [];
  #overflowHead = 0;
  #overflowBytes = 0;
  #isClosing = false;
  #hasEnded = false;
  #closing: Promise<void> | null = null;
  #retainId = 0;
  readonly #options: ResolvedJournalOptions;
  readonly #unlock: () => void;
  readonly #control: Control;
  readonly #views: FrameViews;
  readonly #ring: RingWriter;
  readonly #host: WriterHost;
  readonly #waiters = new DurabilityWaiters();
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #retains = new Map<number, PromiseWithResolvers<RetentionReport>>();
  readonly #failureListeners = new Set<(failure: QtError) => void>();
  readonly #spaceListeners = new Set<() => void>();

  /** Use `openJournal`. */
  constructor(directory: string, options: ResolvedJournalOptions, unlock: () => void) {
    this.directory = directory;
    this.level = options.level;
    this.#options = options;
    this.#unlock = unlock;
    const buffer = new SharedArrayBuffer(RING_BASE + ringBytes(options.ringBytes));
    createRing(buffer, RING_BASE, options.ringBytes);
    this.#control = new Control(buffer);
    this.#views = new FrameViews(buffer);
    this.#ring = new RingWriter(buffer, RING_BASE);
    this.frameBytesMax = this.#ring.recordLengthMax;
    this.#host = this.#startWriter(buffer, options.fs);
    this.opened = this.#ready.promise;
  }

  /** 32 hexadecimal digits, the same for the life of the directory. */
  get journalId(): string {
    return this.#journalId;
  }

  /** What had to be done to open it. */
  get recovery(): RecoveryReport {
    return this.#recovery!;
  }

  /** Newest seq that was appended; after opening, the newest in the files. The next frame must have the seq after it. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Newest seq that survives the death of this process. */
  get writtenSeq(): number {
    return this.#control.writtenSeq;
  }

  /** Newest seq that survives the loss of power. */
  get fsyncedSeq(): number {
    return this.#control.fsyncedSeq;
  }

  /** Newest seq that is durable at the journal's level. */
  get durableSeq(): number {
    return this.level === 'fsynced' ? this.#control.fsyncedSeq : this.#control.writtenSeq;
  }

  get failure(): QtError | null {
    return this.#failure;
  }

  /**
   * True if a frame of this length fits into the ring now. If not, `onSpace` tells when to ask again; `append` would
   * still take it, into a bounded overflow, for what cannot be refused any more.
   *
   * @throws QtError QT_JOURNAL_FRAME_INVALID if it never will
   */
  accepts(length: number): boolean {
    if (length > this.frameBytesMax) throw this.#tooLong(length);
    if (this.#failure !== null || this.#isClosing) return false;
    if (this.#overflowHead === this.#overflow.length && this.#ring.fits(length)) return true;
    this.#ring.setWaiting(true);
    // The writer may have released between the look and the word; without this second look nobody would tell us.
    return this.#overflowHead === this.#overflow.length && this.#ring.fits(length);
  }

  /**
   * Takes a copy of a frame, without what depends on its delivery, so that equal runs give equal bytes. Allocates nothing
   * while the ring has room. The writer sees it after `flush`.
   *
   * After a failure it does nothing but count: see `failure` and `discarded`.
   *
   * @param offset where the frame starts in `bytes`
   * @param seq one more than `lastSeq`; the SEQ word of the frame must say the same
   * @throws QtError QT_JOURNAL_FRAME_INVALID, QT_JOURNAL_CLOSED
   */
  append(bytes: Buffer, offset: number, length: number, seq: number): void {
    if (this.#failure !== null) {
      this.discarded++;
      return;
    }
    if (this.#isClosing) throw new QtError(QT_JOURNAL_CLOSED, `Cannot append seq ${seq}: the journal is closed`);
    if (seq !== this.#lastSeq + 1) throw wrongSeq(seq, this.#lastSeq);
    if (length > this.frameBytesMax) throw this.#tooLong(length);
    this.#lastSeq = seq;
    if (this.#overflowHead !== this.#overflow.length || !this.#writeFrame(bytes, offset, length)) {
      this.#keep(normalised(bytes, offset, length));
    }
    if (++this.#unflushed >= FLUSH_EVERY) this.flush();
  }

  /** Shows the writer what was appended. Call it after the last append of a batch. */
  flush(): void {
    if (this.#unflushed === 0) return;
    this.#unflushed = 0;
    this.#ring.flush();
    this.#host.wake(false);
  }

  /**
   * Declares types, before the first frame that uses them. Every segment carries those that its frames need. A number
   * that means another type than in the files so far starts a new segment.
   *
   * @throws QtError QT_JOURNAL_FRAME_INVALID if the schema of one is longer than a frame may be
   */
  types(records: readonly TypeRecord[]): void {
    this.#declare({ types: records, names: {} });
  }

  /**
   * Declares names that frames refer to, such as the run and the sources, before the first frame that uses them. Another
   * value for a key starts a new segment, so that one segment has one value for each.
   */
  names(names: Readonly<Record<string, string>>): void {
    this.#declare({ types: [], names });
  }

  /**
   * Resolves when everything up to this seq is durable at the journal's level. While somebody waits, the writer does not
   * wait for batches to fill; all that came in the meantime share the next write or flush.
   *
   * Rejects with the journal's failure.
   */
  whenDurable(seq: number): Promise<void> {
    if (this.durableSeq >= seq) return Promise.resolve();
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (seq > this.#lastSeq) return Promise.reject(wrongSeq(seq, this.#lastSeq));
    const promise = this.#waiters.wait(seq);
    this.flush();
    Atomics.store(this.#control.words, WAITERS, 1);
    this.#host.wake(true);
    // What became durable before the word was raised was not announced.
    this.#settle();
    return promise;
  }

  /** Calls back once, when the journal stops; at once if it has. */
  onFailure(callback: (failure: QtError) => void): void {
    if (this.#failure === null) this.#failureListeners.add(callback);
    else callback(this.#failure);
  }

  /** Calls back whenever there is room again after `accepts` said no. */
  onSpace(callback: () => void): void {
    this.#spaceListeners.add(callback);
  }

  /**
   * Removes what the retention rules let go. The writer does it between its other work.
   *
   * @param neededFromSeq the oldest seq that a durable group has not acknowledged
   */
  retain(neededFromSeq: number): Promise<RetentionReport> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const id = ++this.#retainId;
    const result = Promise.withResolvers<RetentionReport>();
    this.#retains.set(id, result);
    this.#host.send({ kind: 'retain', id, neededFromSeq });
    return result.promise;
  }

  /**
   * Writes and syncs everything, then lets go of the files and the lock. Safe to call again, and after a failure.
   *
   * @throws QtError the failure, if the journal failed on the way
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const hadFailed = this.#failure !== null;
    this.#isClosing = true;
    this.#unflushed++;
    this.flush();
    this.#closeWhenDrained();
    if (!hadFailed) await this.#ended.promise;
    await this.#host.end();
    this.#unlock();
    if (!hadFailed && this.#failure !== null) throw this.#failure;
  }

  #closeWhenDrained(): void {
    if (!this.#isClosing || this.#overflowHead !== this.#overflow.length) return;
    Atomics.store(this.#control.words, COMMAND, CLOSE);
    this.#host.wake(true);
  }

  #startWriter(buffer: SharedArrayBuffer, fs: JournalFs | null): WriterHost {
    const { segmentBytes, batchBytes, batchMs, retention, level, clock } = this.#options;
    const task: WriterTask = {
      buffer,
      directory: this.directory,
      segmentBytes,
      batchBytes,
      batchMs,
      isFsynced: level === 'fsynced',
      retention,
    };
    const onMessage = (message: WriterMessage): void => this.#onMessage(message);
    if (fs !== null) return new InlineWriter(task, fs, clock, onMessage);
    return new ThreadWriter(task, this.#control, onMessage, (cause) => this.#onLost(cause));
  }

  #onMessage(message: WriterMessage): void {
    switch (message.kind) {
      case 'ready':
        this.#onReady(message.report, message.journalId);
        break;
      case 'progress':
        this.#onProgress();
        break;
      case 'retained':
        this.#retains.get(message.id)?.resolve(message.report);
        this.#retains.delete(message.id);
        break;
      case 'failed':
        this.#fail(toQtError(message.error));
        break;
      case 'closed':
        this.#hasEnded = true;
        this.#settle();
        this.#ended.resolve();
    }
  }

  #onReady(report: RecoveryReport, journalId: string): void {
    this.#recovery = report;
    this.#journalId = journalId;
    this.#lastSeq = report.lastSeq;
    if (report.cut !== null) this.#options.logger.warn({ ...report }, 'The journal had an unfinished end, which was cut off');
    this.#ready.resolve();
  }

  #onProgress(): void {
    // Before looking: what comes after the look brings its own message.
    Atomics.store(this.#control.words, PINGED, 0);
    this.#settle();
    if (!this.#ring.isWriterWaiting()) return;
    this.#ring.setWaiting(false);
    this.#drainOverflow();
    this.#closeWhenDrained();
    if (this.#overflowHead === this.#overflow.length) for (const callback of this.#spaceListeners) callback();
  }

  #settle(): void {
    this.#waiters.settle(this.durableSeq);
    if (this.#waiters.isEmpty) Atomics.store(this.#control.words, WAITERS, 0);
  }

  #onLost(cause: unknown): void {
    if (this.#hasEnded) return;
    this.#fail(new QtError(QT_JOURNAL_WRITER_LOST, `Cannot write the journal: ${toErrorRecord(cause).message}`, { cause }));
  }

  #fail(failure: QtError): void {
    if (this.#failure !== null) return;
    this.#failure = failure;
    if (this.#recovery === null) {
      void this.#host.end().then(() => {
        this.#unlock();
        this.#ready.reject(failure);
      });
      return;
    }
    this.#options.logger.error({ err: failure.toRecord(), writtenSeq: this.writtenSeq, lastSeq: this.#lastSeq }, 'The journal has stopped');
    this.#settle();
    this.#waiters.rejectAll(failure);
    for (const { reject } of this.#retains.values()) reject(failure);
    this.#retains.clear();
    this.#overflow = [];
    this.#overflowHead = 0;
    this.#ended.resolve();
    for (const callback of this.#failureListeners) callback(failure);
    this.#failureListeners.clear();
  }

  #declare(records: DictionaryRecords): void {
    if (this.#failure !== null) return;
    if (this.#isClosing) throw new QtError(QT_JOURNAL_CLOSED, 'Cannot declare types: the journal is closed');
    const payload = encodeDictionary(records);
    const length = DICTIONARY_RECORD_HEADER + payload.length;
    if (length > this.frameBytesMax) {
      const { types, names } = records;
      if (types.length < 2) throw this.#tooLong(length);
      const half = types.length >> 1;
      this.#declare({ types: types.slice(0, half), names });
      this.#declare({ types: types.slice(half), names: {} });
      return;
    }
    const record = Buffer.allocUnsafeSlow(length);
    record.writeInt32LE(length, 0);
    record.writeUInt32LE(DICTIONARY_RECORD, 4);
    payload.copy(record, DICTIONARY_RECORD_HEADER);
    if (this.#overflowHead !== this.#overflow.length || !this.#write(record)) this.#keep(record);
    this.#unflushed++;
  }

  #writeFrame(bytes: Buffer, offset: number, length: number): boolean {
    const at = this.#ring.claim(length);
    if (at < 0) return false;
    const { u8, u16, u32 } = this.#views;
    // Word 0 belongs to the ring, and is the same as LENGTH after the commit.
    bytes.copy(this.#views.bytes, at + LENGTH + 4, offset + LENGTH + 4, offset + length);
    u8[at + FLAGS]! &= ~DELIVERY_FLAGS;
    u32[(at + ROUTE) >> 2] = 0;
    u32[(at + TARGETS) >> 2] = 0;
    u16[(at + ATTEMPT) >> 1] = 0;
    this.#ring.commit(at);
    return true;
  }

  /** Writes a record as it is. */
  #write(record: Buffer): boolean {
    const at = this.#ring.claim(record.length);
    if (at < 0) return false;
    record.copy(this.#views.bytes, at + 4, 4);
    this.#ring.commit(at);
    return true;
  }

  /** Keeps a record until the ring has room. */
  #keep(record: Buffer): void {
    this.#overflow.push(record);
    this.#overflowBytes += record.length;
    this.#ring.setWaiting(true);
    // The writer must see what is in the ring to make room in it.
    this.#ring.flush();
    this.#host.wake(false);
    if (this.#overflowBytes > this.#options.overflowBytesMax) {
      const message = `Cannot journal ${this.#overflowBytes} bytes outside the ring: at most ${this.#options.overflowBytesMax} may wait`;
      this.#fail(new QtError(QT_JOURNAL_OVERFLOW, message));
      return;
    }
    // The writer may have drained the ring before the word was raised; then it tells nobody.
    if (this.#ring.fits(record.length)) this.#drainOverflow();
  }

  #drainOverflow(): void {
    for (let record = this.#overflow[this.#overflowHead]; record !== undefined; record = this.#overflow[this.#overflowHead]) {
      if (!this.#write(record)) {
        this.#ring.setWaiting(true);
        if (!this.#ring.fits(record.length)) break;
        continue;
      }
      this.#overflowBytes -= record.length;
      this.#overflowHead++;
    }
    if (this.#overflowHead === this.#overflow.length || this.#overflowHead > 1024) {
      this.#overflow = this.#overflow.slice(this.#overflowHead);
      this.#overflowHead = 0;
    }
    this.#ring.flush();
    this.#host.wake(false);
  }

  #tooLong(length: number): QtError {
    return new QtError(
      QT_JOURNAL_FRAME_INVALID,
      `Cannot journal ${length} bytes: the longest frame is ${this.frameBytesMax} bytes, an eighth of the ring`,
      {
        details: { length, lengthMax: this.frameBytesMax },
      },
    );
  }
}

function normalised(bytes: Buffer, offset: number, length: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(length);
  bytes.copy(copy, 0, offset, offset + length);
  copy[FLAGS]! &= ~DELIVERY_FLAGS;
  copy.writeUInt32LE(0, ROUTE);
  copy.writeUInt32LE(0, TARGETS);
  copy.writeUInt16LE(0, ATTEMPT);
  return copy;
}

function wrongSeq(seq: number, lastSeq: number): QtError {
  return new QtError(QT_JOURNAL_FRAME_INVALID, `Cannot use seq ${seq}: the journal is at ${lastSeq}`, { details: { seq, lastSeq } });
}

/** An error that crossed a thread, as one of ours again. */
function toQtError(record: ErrorRecord): QtError {
  const isOurs = record.code.startsWith('QT_JOURNAL_');
  return new QtError(isOurs ? record.code : QT_JOURNAL_WRITER_LOST, record.message, { details: { ...record.details, code: record.code } });
}
