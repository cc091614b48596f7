/**
 * What the writer does, in steps that never wait: a thread runs them (`writer-thread.ts`), and so does a simulator or
 * the bus's own thread (`inline-writer.ts`).
 *
 *   ring ==> batch ==> one write ==> (level fsynced) one flush for all that was written since the last ==> progress words
 *
 * The first failure of the disk is the last thing it does: it reports it, and writes nothing any more.
 */
import { randomBytes } from 'node:crypto';
import { QtError, toErrorRecord, type ErrorRecord } from '../base/index.ts';
import { FrameViews, ROUTE, SEQ, TYPE_ID } from '../codec/index.ts';
import { RingReader } from '../ring/index.ts';
import { AuditChain, ChainedTypes, type ChainState } from './audit-chain.ts';
import { BatchBuilder } from './batch.ts';
import { Compactor, type RetentionReport } from './compactor.ts';
import { CLOSE, COMMAND, Control, PINGED, RING_BASE, WAITERS } from './control.ts';
import { decodeDictionary } from './dictionary.ts';
import { QT_JOURNAL_DAMAGED } from './errors.ts';
import type { JournalFs } from './file-system.ts';
import { align8, BATCH_HEADER_BYTES, BATCH_LOST, journalWord } from './format.ts';
import { recover, type ClosedSegment, type RecoveryReport } from './recovery.ts';
import { planRetention, type RetentionRules } from './retention.ts';
import { attempt, SegmentWriter } from './segment-writer.ts';

/** Everything the writer needs; plain data, for `workerData`. */
export interface WriterTask {
  readonly buffer: ArrayBufferLike;
  readonly directory: string;
  readonly segmentBytes: number;
  readonly batchBytes: number;
  readonly batchMs: number;
  readonly isFsynced: boolean;
  readonly retention: RetentionRules;
  /** Patterns of the types whose events are chained. */
  readonly audit: readonly string[];
  /** For a journal that does not exist yet; null for a random one. */
  readonly journalId: string | null;
  /** Frames bring the marks of the audit chain along. */
  readonly isCopy: boolean;
}

export type WriterCommand =
  | { readonly kind: 'retain'; readonly id: number; readonly neededFromSeq: number; readonly removesNeeded: boolean }
  | { readonly kind: 'chain'; readonly id: number };

export type WriterMessage =
  | { readonly kind: 'ready'; readonly report: RecoveryReport; readonly journalId: string }
  | { readonly kind: 'progress' }
  | { readonly kind: 'retained'; readonly id: number; readonly report: RetentionReport }
  | { readonly kind: 'chain'; readonly id: number; readonly chain: ChainState }
  | { readonly kind: 'failed'; readonly error: ErrorRecord }
  | { readonly kind: 'closed' };

/** What a step did. */
export const BUSY = 0;
/** A batch is open; call again when more came, or in `msToWrite`. */
export const GATHER = 1;
export const IDLE = 2;
/** There will be nothing more to do. */
export const ENDED = 3;

/** Bytes that share one flush at most: 4 ms of an ordinary disk, so that a full load does not starve its waiters. */
const FLUSH_GROUP_BYTES = 1024 * 1024;
/** Longest time between flushes under load; several times what a flush takes, so that most of the time goes into writing. */
const FLUSH_MS = 2;
/** Under a load that leaves no pause, retention gets one step per so many batches: a few percent, or the disk would fill for ever. */
const BATCHES_PER_STEP = 16;
/** Ring records that carry no frame have these in place of type and flags: no type has number 0. Entries for the dictionary. */
export const DICTIONARY_RECORD = 0;
export const DICTIONARY_RECORD_HEADER = 8;
/** A range without frames: f64 last seq at 8, u32 BATCH_REMOVED or BATCH_LOST at 16. */
export const GAP_RECORD = 0x1_0000;
export const GAP_RECORD_BYTES = 24;
/** The dictionary starts over. */
export const RENEW_RECORD = 0x2_0000;
export const RENEW_RECORD_BYTES = 8;
/** The audit chain goes on from elsewhere: f64 records at 8, 32 B head at 16. */
export const CHAIN_RECORD = 0x3_0000;
export const CHAIN_RECORD_BYTES = 48;
const TYPE_ID_MASK = 0xffff;

export class WriterSession {
  readonly control: Control;
  readonly #task: WriterTask;
  readonly #fs: JournalFs;
  readonly #nowUs: () => number;
  readonly #nowMs: () => number;
  readonly #post: (message: WriterMessage) => void;
  readonly #ring: RingReader;
  readonly #views: FrameViews;
  #builder!: BatchBuilder;
  readonly #chained: ChainedTypes;
  #chain!: AuditChain;
  #segment: SegmentWriter | null = null;
  #closed: ClosedSegment[] = [];
  #openedAtMs = 0;
  #syncedAtMs = 0;
  #newestUs = 0;
  #compactor: Compactor | null = null;
  #batchesSinceStep = 0;
  #retainId = 0;
  #hasEnded = false;

  constructor(task: WriterTask, fs: JournalFs, clock: { nowUs(): number; monotonicMs(): number }, post: (message: WriterMessage) => void) {
    this.#task = task;
    this.#fs = fs;
    this.#nowUs = () => clock.nowUs();
    this.#nowMs = () => clock.monotonicMs();
    this.#post = post;
    this.control = new Control(task.buffer);
    this.#ring = new RingReader(task.buffer as SharedArrayBuffer, RING_BASE);
    this.#views = new FrameViews(task.buffer as SharedArrayBuffer);
    this.#chained = new ChainedTypes(task.isCopy ? ['**'] : task.audit);
  }

  /** Recovers the directory and opens its last segment. Reports `ready`, or `failed`. */
  open(): void {
    this.#guard(() => {
      const { directory, segmentBytes, isFsynced } = this.#task;
      const { report, journalId, closed, tail } = attempt('write', () => recover(this.#fs, directory));
      const id = journalId ?? this.#task.journalId ?? randomBytes(16).toString('hex');
      const lastSeq = tail === null ? (closed.at(-1)?.lastSeq ?? 0) : report.lastSeq;
      this.#closed = closed;
      this.#builder = new BatchBuilder(journalWord(id), this.#task.batchBytes);
      this.#segment = new SegmentWriter(
        {
          fs: this.#fs,
          directory,
          journalId: id,
          segmentBytes,
          isFsynced,
          nowUs: this.#nowUs,
          onClosed: (segment) => this.#closed.push(segment),
        },
        tail,
        lastSeq + 1,
      );
      this.#chain = new AuditChain(this.#segment.chain);
      this.#newestUs = Math.max(tail?.index.newestUs ?? 0, newestOf(closed));
      this.control.storeWritten(lastSeq);
      this.control.storeFsynced(lastSeq);
      this.#post({ kind: 'ready', report: { ...report, lastSeq }, journalId: id });
    });
  }

  /** Time until the open batch must be written. */
  get msToWrite(): number {
    return this.#openedAtMs + this.#task.batchMs - this.#nowMs();
  }

  get hasWork(): boolean {
    return this.#ring.hasNext() || this.#isClosing;
  }

  step(): typeof BUSY | typeof GATHER | typeof IDLE | typeof ENDED {
    if (this.#hasEnded || this.#segment === null) return ENDED;
    let result: typeof BUSY | typeof GATHER | typeof IDLE = BUSY;
    this.#guard(() => {
      result = this.#work(this.#segment!);
    });
    return this.#hasEnded ? ENDED : result;
  }

  handle(command: WriterCommand): void {
    if (command.kind === 'retain') this.#retain(command);
    else if (this.#segment !== null) this.#post({ kind: 'chain', id: command.id, chain: this.#segment.chain });
  }

  #retain(command: Extract<WriterCommand, { kind: 'retain' }>): void {
    if (this.#compactor !== null) this.#endCompaction();
    this.#retainId = command.id;
    const { retention, segmentBytes, directory } = this.#task;
    const { neededFromSeq, removesNeeded } = command;
    const steps = planRetention(this.#closed, retention, { neededFromSeq, removesNeeded, newestUs: this.#newestUs, segmentBytes });
    this.#compactor = new Compactor(this.#fs, directory, steps, neededFromSeq, (replaced, made) => {
      const at = this.#closed.findIndex(({ firstSeq }) => firstSeq === made.firstSeq);
      this.#closed.splice(at, replaced.length, made);
    });
  }

  /** Stops where it is and lets go of its files. Nothing more is written, not even what is in the ring. */
  abandon(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    try {
      this.#compactor?.abandon();
      this.#segment?.abandon();
    } catch {
      // Called where something has failed already, and that error is the one that counts.
    }
  }

  get #isClosing(): boolean {
    return Atomics.load(this.control.words, COMMAND) === CLOSE;
  }

  #work(segment: SegmentWriter): typeof BUSY | typeof GATHER | typeof IDLE {
    const isClosing = this.#isClosing;
    const isFull = this.#gather(segment);
    const isOpen = !this.#builder.isEmpty;
    if (isOpen && (isFull || this.#mayNotWait(isClosing))) {
      this.#writeBatch(segment);
      if (this.#compactor !== null && ++this.#batchesSinceStep >= BATCHES_PER_STEP) this.#compact(this.#compactor);
      return BUSY;
    }
    if (!isOpen && this.#task.isFsynced && segment.unsyncedBytes > 0) {
      this.#sync(segment);
      return BUSY;
    }
    if (isOpen) return GATHER;
    if (this.#compactor !== null) {
      this.#compact(this.#compactor);
      return BUSY;
    }
    if (isClosing) this.#close(segment);
    return IDLE;
  }

  #mayNotWait(isClosing: boolean): boolean {
    return isClosing || this.msToWrite <= 0 || Atomics.load(this.control.words, WAITERS) === 1;
  }

  /** Moves frames from the ring into the batch; true if the batch is full. */
  #gather(segment: SegmentWriter): boolean {
    const ring = this.#ring;
    const views = this.#views;
    const builder = this.#builder;
    const limit = BATCH_HEADER_BYTES + this.#task.batchBytes;
    try {
      while (ring.hasNext()) {
        if (builder.length >= limit) return true;
        const index = ring.next();
        const length = ring.length(index);
        const word = views.u32[(index + TYPE_ID) >> 2]!;
        if ((word & TYPE_ID_MASK) === 0) {
          this.#obey(segment, word, index, length);
          continue;
        }
        if (builder.isEmpty) this.#openedAtMs = this.#nowMs();
        this.#link(builder.add(views, index, length), length);
        if (builder.length + align8(length) > limit) return true;
      }
      return false;
    } finally {
      ring.release(ring.position);
      if (ring.isWriterWaiting()) this.#ping();
    }
  }

  /** Adds the frame that lies in the open batch at `at` to the audit chain, if its type belongs there. */
  #link(at: number, length: number): void {
    const { views } = this.#builder;
    const given = views.u32[(at + ROUTE) >> 2]!;
    if (this.#task.isCopy && given === 0) return;
    const definition = this.#chained.digest(views, at);
    if (definition !== null) views.u32[(at + ROUTE) >> 2] = this.#chain.append(views, at, length, definition);
    const mark = views.u32[(at + ROUTE) >> 2]!;
    if (this.#task.isCopy && (definition === null || mark !== given)) throw unlinked(views.f64[(at + SEQ) >> 3]!);
  }

  #obey(segment: SegmentWriter, word: number, index: number, length: number): void {
    const builder = this.#builder;
    if (word === GAP_RECORD) {
      const flag = this.#views.u32[(index + 16) >> 2]!;
      // What was lost has a batch of its own, so that the place stays to be seen; the flag is about all that is missing.
      if (flag === BATCH_LOST && !builder.isEmpty) this.#writeBatch(segment);
      if (builder.isEmpty) this.#openedAtMs = this.#nowMs();
      builder.skip(builder.isEmpty ? segment.nextSeq : builder.firstSeq, this.#views.f64[(index + 8) >> 3]!, flag);
      if (flag === BATCH_LOST) this.#writeBatch(segment);
      return;
    }
    // A new segment may start here, and the frames so far belong to the old one. Entries must be in the file before the
    // frames behind them, and need not be before those in front.
    if (!builder.isEmpty) this.#writeBatch(segment);
    if (word === CHAIN_RECORD) {
      const head = this.#views.bytes.toString('hex', index + 16, index + CHAIN_RECORD_BYTES);
      const state = { records: this.#views.f64[(index + 8) >> 3]!, head };
      this.#chain = new AuditChain(state);
      segment.continueChain(state);
      return;
    }
    if (word === RENEW_RECORD) {
      segment.renew();
      this.#chained.clear();
      return;
    }
    const records = decodeDictionary(this.#views.bytes.subarray(index + DICTIONARY_RECORD_HEADER, index + length));
    if (records === null) return;
    segment.declare(records);
    this.#chained.learn(records.types);
  }

  #writeBatch(segment: SegmentWriter): void {
    const { control } = this;
    const builder = this.#builder;
    segment.append(builder, this.#chain.state);
    const lastInit = builder.lastInitUs;
    if (lastInit > this.#newestUs) this.#newestUs = lastInit;
    builder.reset();
    control.storeWritten(segment.nextSeq - 1);
    if (segment.syncedSeq > control.fsyncedSeq) control.storeFsynced(segment.syncedSeq);
    if (this.#task.isFsynced) {
      // Under a steady load the ring is never empty; those who wait must not wait for that.
      const isDue = segment.unsyncedBytes >= FLUSH_GROUP_BYTES || this.#nowMs() - this.#syncedAtMs >= FLUSH_MS;
      if (isDue) this.#sync(segment);
    } else if (Atomics.load(control.words, WAITERS) === 1) {
      this.#ping();
    }
  }

  #sync(segment: SegmentWriter): void {
    segment.sync();
    this.#syncedAtMs = this.#nowMs();
    this.control.storeFsynced(segment.syncedSeq);
    if (Atomics.load(this.control.words, WAITERS) === 1) this.#ping();
  }

  #compact(compactor: Compactor): void {
    this.#batchesSinceStep = 0;
    if (!compactor.step()) this.#endCompaction();
  }

  #endCompaction(): void {
    const compactor = this.#compactor!;
    compactor.abandon();
    this.#compactor = null;
    this.#post({ kind: 'retained', id: this.#retainId, report: compactor.report });
  }

  #close(segment: SegmentWriter): void {
    segment.close();
    this.control.storeFsynced(segment.syncedSeq);
    this.#hasEnded = true;
    this.#post({ kind: 'closed' });
  }

  /** One message for any progress until main has looked. */
  #ping(): void {
    if (Atomics.exchange(this.control.words, PINGED, 1) === 0) this.#post({ kind: 'progress' });
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.abandon();
      this.#post({ kind: 'failed', error: error instanceof QtError ? error.toRecord() : toErrorRecord(error) });
    }
  }
}

function unlinked(seq: number): QtError {
  return new QtError(QT_JOURNAL_DAMAGED, `Cannot copy seq ${seq}: it is not what its mark in the audit chain says`, { details: { seq } });
}

function newestOf(segments: readonly ClosedSegment[]): number {
  let newest = 0;
  for (const { types } of segments) for (const { newestUs } of Object.values(types)) if (newestUs > newest) newest = newestUs;
  return newest;
}
