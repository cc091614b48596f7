import { invalidOption, QtError, toErrorRecord, type ErrorRecord } from '../base/index.ts';
import type { FrameViews, TypeRecord } from '../codec/index.ts';
import { ringBytes } from '../ring/index.ts';
import type { ChainState } from './audit-chain.ts';
import type { RetentionReport } from './compactor.ts';
import { CursorStore } from './cursors.ts';
import { CLOSE, COMMAND, Control, PINGED, RING_BASE, WAITERS } from './control.ts';
import { encodeDictionary, type DictionaryRecords } from './dictionary.ts';
import { DurabilityWaiters } from './durability-waiters.ts';
import { QT_JOURNAL_CLOSED, QT_JOURNAL_FRAME_INVALID, QT_JOURNAL_OVERFLOW, QT_JOURNAL_WRITER_LOST } from './errors.ts';
import { nodeFs, type JournalFs } from './file-system.ts';
import { BATCH_LOST, BATCH_REMOVED } from './format.ts';
import { Inlet } from './inlet.ts';
import { InlineWriter } from './inline-writer.ts';
import { resolveJournalOptions, type JournalLevel, type JournalOptions, type ResolvedJournalOptions } from './options.ts';
import { lockDirectory } from './owner.ts';
import { openJournalReader, type JournalReader, type JournalReaderOptions } from './reader.ts';
import type { RecoveryReport } from './recovery.ts';
import {
  CHAIN_RECORD,
  CHAIN_RECORD_BYTES,
  DICTIONARY_RECORD,
  DICTIONARY_RECORD_HEADER,
  GAP_RECORD,
  GAP_RECORD_BYTES,
  RENEW_RECORD,
  RENEW_RECORD_BYTES,
  type WriterCommand,
  type WriterMessage,
  type WriterTask,
} from './writer-session.ts';
import { ThreadWriter, type WriterHost } from './writer-host.ts';

export interface RetainOptions {
  /** Remove what the rules let go even if a durable group has yet to see it; the report then counts it. Default false. */
  readonly removesNeeded?: boolean;
}

/** Questions to the writer that have no answer yet, by their number. */
type Asked<T> = Map<number, PromiseWithResolvers<T>>;

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
 * journal.append(encoder.views, 0, length, journal.lastSeq + 1);
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
  /** Newest seq that was durable when last looked: the words behind it are BigInts, and a publisher asks for each event. */
  #durableSeen = 0;
  #isUrging = false;
  #isClosing = false;
  #hasEnded = false;
  #cursors: CursorStore | null = null;
  #closing: Promise<void> | null = null;
  #commandId = 0;
  readonly #options: ResolvedJournalOptions;
  readonly #unlock: () => void;
  readonly #control: Control;
  readonly #inlet: Inlet;
  readonly #host: WriterHost;
  readonly #waiters = new DurabilityWaiters();
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #retains: Asked<RetentionReport> = new Map();
  readonly #chains: Asked<ChainState> = new Map();
  readonly #failureListeners = new Set<(failure: QtError) => void>();
  readonly #spaceListeners = new Set<() => void>();

  /** Use `openJournal`. */
  constructor(directory: string, options: ResolvedJournalOptions, unlock: () => void) {
    this.directory = directory;
    this.level = options.level;
    this.#options = options;
    this.#unlock = unlock;
    const buffer = new SharedArrayBuffer(RING_BASE + ringBytes(options.ringBytes));
    this.#inlet = new Inlet(buffer, options.ringBytes, options.isCopy);
    this.#control = new Control(buffer);
    this.frameBytesMax = this.#inlet.lengthMax;
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
    return this.#failure === null && !this.#isClosing && this.#inlet.accepts(length);
  }

  /**
   * Takes a copy of a frame, without what depends on its delivery, so that equal runs give equal bytes. Allocates nothing
   * while the ring has room. The writer sees it after `flush`.
   *
   * After a failure it does nothing but count: see `failure` and `discarded`.
   *
   * @param index where the frame starts in `source`, a multiple of 8
   * @param seq one more than `lastSeq`; the SEQ word of the frame must say the same
   * @throws QtError QT_JOURNAL_FRAME_INVALID, QT_JOURNAL_CLOSED
   */
  append(source: FrameViews, index: number, length: number, seq: number): void {
    if (this.#failure !== null) {
      this.discarded++;
      return;
    }
    if (this.#isClosing) throw new QtError(QT_JOURNAL_CLOSED, `Cannot append seq ${seq}: the journal is closed`);
    if (seq !== this.#lastSeq + 1) throw wrongSeq(seq, this.#lastSeq);
    if (length > this.frameBytesMax) throw this.#tooLong(length);
    this.#lastSeq = seq;
    if (!this.#inlet.putFrame(source, index, length)) this.#checkOverflow();
    if (++this.#unflushed >= FLUSH_EVERY) this.flush();
  }

  /**
   * Answers for the seqs up to this one without events, for a copy of a journal from which retention had removed them, or
   * in which a repair had given them up.
   *
   * @param lastSeq > `this.lastSeq`
   * @see continueChain where records of the audit chain were among them
   * @throws QtError QT_JOURNAL_FRAME_INVALID, QT_JOURNAL_CLOSED
   */
  skip(lastSeq: number, why: 'removed' | 'lost'): void {
    if (!(lastSeq > this.#lastSeq)) throw wrongSeq(lastSeq, this.#lastSeq);
    const record = Buffer.alloc(GAP_RECORD_BYTES);
    record.writeDoubleLE(lastSeq, 8);
    record.writeUInt32LE(why === 'removed' ? BATCH_REMOVED : BATCH_LOST, 16);
    this.#tell(GAP_RECORD, record);
    this.#lastSeq = lastSeq;
  }

  /**
   * Lets the audit chain go on from where it was behind records that a repair had given up; for a copy, behind `skip`.
   *
   * @throws QtError QT_JOURNAL_CLOSED
   */
  continueChain({ head, records }: ChainState): void {
    const record = Buffer.alloc(CHAIN_RECORD_BYTES);
    record.writeDoubleLE(records, 8);
    record.write(head, 16, 'hex');
    this.#tell(CHAIN_RECORD, record);
  }

  /**
   * Forgets all types and names: a new segment begins, which explains only what is declared from here on. For a copy of a
   * journal that several processes have written, each with its own numbers.
   *
   * @throws QtError QT_JOURNAL_CLOSED
   */
  renewDictionary(): void {
    this.#tell(RENEW_RECORD, Buffer.alloc(RENEW_RECORD_BYTES));
  }

  /** Shows the writer what was appended. Call it after the last append of a batch. */
  flush(): void {
    if (this.#unflushed === 0) return;
    this.#unflushed = 0;
    this.#inlet.flush();
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
    if (this.#durableSeen >= seq) return Promise.resolve();
    if (this.#failure !== null) return this.durableSeq >= seq ? Promise.resolve() : Promise.reject(this.#failure);
    if (seq > this.#lastSeq) return Promise.reject(wrongSeq(seq, this.#lastSeq));
    if (!this.#isUrging) {
      // Later, but before anything else can happen: publishers that come together wake the writer once.
      this.#isUrging = true;
      queueMicrotask(() => this.#urge());
    }
    return this.#waiters.wait(seq);
  }

  /** What a bus needs to continue after a restart: how far its groups have come, and the events after that. */
  get durable(): {
    readonly positions: CursorStore;
    open(from: Pick<JournalReaderOptions, 'fromSeq' | 'fromTimeUs'>): JournalReader;
  } {
    const fs = this.#options.fs === null ? {} : { fs: this.#options.fs };
    this.#cursors ??= new CursorStore(this.directory, { lastSeq: this.#lastSeq, ...fs });
    return { positions: this.#cursors, open: (from) => openJournalReader(this.directory, { ...from, ...fs }) };
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
   * Removes what the retention rules let go: whole closed segments, and parts of others by writing them anew. The writer
   * does it between its other work. Never goes: what is in the audit chain, and what a durable group has yet to see.
   *
   * @param neededFromSeq the oldest seq that some durable group has not acknowledged, or who knows it; Infinity if there is
   *   no such group. Default: what the positions beside the journal say, also those of groups that are not back yet
   * @throws QtError QT_OPTION_INVALID, QT_JOURNAL_CLOSED
   *
   * @example
   * const { recordsRemoved } = await journal.retain();
   */
  async retain(
    neededFromSeq: number | (() => number) = () => this.durable.positions.neededFromSeq,
    { removesNeeded = false }: RetainOptions = {},
  ): Promise<RetentionReport> {
    const seq = typeof neededFromSeq === 'number' ? neededFromSeq : neededFromSeq();
    if (!(seq >= 1)) throw invalidOption('neededFromSeq', seq, 'a seq, 1 or more, or Infinity');
    return this.#ask(this.#retains, (id) => ({ kind: 'retain', id, neededFromSeq: seq, removesNeeded }));
  }

  /**
   * How far the audit chain has come in the files. Note the head elsewhere, now and then: only against such a note can it be
   * noticed that the newest records were taken away, or the whole journal written anew.
   *
   * @throws QtError QT_JOURNAL_CLOSED, or the journal's failure
   */
  async auditChain(): Promise<ChainState> {
    if (this.#lastSeq > 0 && this.#failure === null) await this.whenDurable(this.#lastSeq);
    return this.#ask(this.#chains, (id) => ({ kind: 'chain', id }));
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
    if (!hadFailed) this.#cursors?.close();
    this.#isClosing = true;
    this.#unflushed++;
    this.flush();
    this.#closeWhenDrained();
    if (!hadFailed) await this.#ended.promise;
    await this.#host.end();
    this.#unlock();
    if (!hadFailed && this.#failure !== null) throw this.#failure;
  }

  #ask<T>(asked: Asked<T>, command: (id: number) => WriterCommand): Promise<T> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#hasEnded) return Promise.reject(new QtError(QT_JOURNAL_CLOSED, 'Cannot ask the journal: it is closed'));
    const id = ++this.#commandId;
    const answer = Promise.withResolvers<T>();
    asked.set(id, answer);
    this.#host.send(command(id));
    return answer.promise;
  }

  #rejectAsked(failure: QtError): void {
    for (const asked of [this.#retains, this.#chains]) {
      for (const { reject } of asked.values()) reject(failure);
      asked.clear();
    }
  }

  #closeWhenDrained(): void {
    if (!this.#isClosing || !this.#inlet.isClear) return;
    Atomics.store(this.#control.words, COMMAND, CLOSE);
    this.#host.wake(true);
  }

  #startWriter(buffer: SharedArrayBuffer, fs: JournalFs | null): WriterHost {
    const { audit, segmentBytes, batchBytes, batchMs, isCopy, journalId, retention, level, clock } = this.#options;
    const task: WriterTask = {
      buffer,
      directory: this.directory,
      segmentBytes,
      batchBytes,
      batchMs,
      isFsynced: level === 'fsynced',
      retention,
      audit,
      journalId,
      isCopy,
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
      case 'chain':
        this.#chains.get(message.id)?.resolve(message.chain);
        this.#chains.delete(message.id);
        break;
      case 'failed':
        this.#fail(toQtError(message.error));
        break;
      case 'closed':
        this.#hasEnded = true;
        this.#settle();
        this.#rejectAsked(new QtError(QT_JOURNAL_CLOSED, 'Cannot answer: the journal is closed'));
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
    if (!this.#inlet.isWaiting) return;
    this.#inlet.drain();
    this.#host.wake(false);
    this.#closeWhenDrained();
    if (this.#inlet.isClear) for (const callback of this.#spaceListeners) callback();
  }

  /** Somebody waits. */
  #urge(): void {
    this.#isUrging = false;
    this.flush();
    Atomics.store(this.#control.words, WAITERS, 1);
    this.#host.wake(true);
    // What became durable before the word was raised was not announced.
    this.#settle();
  }

  #settle(): void {
    this.#durableSeen = this.durableSeq;
    this.#waiters.settle(this.#durableSeen);
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
    this.#rejectAsked(failure);
    this.#inlet.clear();
    this.#ended.resolve();
    for (const callback of this.#failureListeners) callback(failure);
    this.#failureListeners.clear();
  }

  #declare(records: DictionaryRecords): void {
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
    payload.copy(record, DICTIONARY_RECORD_HEADER);
    this.#tell(DICTIONARY_RECORD, record);
  }

  /** Hands the writer a record that is no frame. */
  #tell(word: number, record: Buffer): void {
    if (this.#failure !== null) return;
    if (this.#isClosing) throw new QtError(QT_JOURNAL_CLOSED, 'Cannot write to the journal: it is closed');
    record.writeInt32LE(record.length, 0);
    record.writeUInt32LE(word, 4);
    if (!this.#inlet.putRecord(record)) this.#checkOverflow();
    this.#unflushed++;
  }

  /** Something waits outside the ring: the writer must make room, and it must not be too much. */
  #checkOverflow(): void {
    this.#host.wake(false);
    const { overflowBytes } = this.#inlet;
    const { overflowBytesMax } = this.#options;
    if (overflowBytes <= overflowBytesMax) return;
    const message = `Cannot journal ${overflowBytes} bytes outside the ring: at most ${overflowBytesMax} may wait`;
    this.#fail(new QtError(QT_JOURNAL_OVERFLOW, message));
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

function wrongSeq(seq: number, lastSeq: number): QtError {
  return new QtError(QT_JOURNAL_FRAME_INVALID, `Cannot use seq ${seq}: the journal is at ${lastSeq}`, { details: { seq, lastSeq } });
}

/** An error that crossed a thread, as one of ours again. */
function toQtError(record: ErrorRecord): QtError {
  const isOurs = record.code.startsWith('QT_JOURNAL_');
  return new QtError(isOurs ? record.code : QT_JOURNAL_WRITER_LOST, record.message, { details: { ...record.details, code: record.code } });
}
