import { join } from 'node:path';
import { FLAG_DYNAMIC, FLAGS, SEQ, TYPE_ID } from '../codec/index.ts';
import { invalidOption, QtError } from '../base/index.ts';
import { AuditCheck, type AuditReport } from './audit-check.ts';
import { frameLength } from './batch.ts';
import { BATCH, FAULT, type BatchReader } from './batch-reader.ts';
import { Dictionary } from './dictionary.ts';
import { nodeFs, type JournalFs } from './file-system.ts';
import { align8, BATCH_HEADER_BYTES, BATCH_LOST, BATCH_REMOVED, KIND_DICTIONARY, KIND_FRAMES, segmentName } from './format.ts';
import { checkContinuity, findBatches, isUnborn, isUnfinishedTail } from './recovery.ts';
import { learn, listSegments, openSegment, type JournalFault } from './segments.ts';

export interface VerifyOptions {
  /**
   * A head of the audit chain that was noted elsewhere, 64 hexadecimal digits: the chain must have passed it. Without one
   * nothing can tell that the newest records were taken away.
   */
  readonly expectedHead?: string;
  /** Called after each batch with the bytes of the journal that were checked. */
  readonly onProgress?: (bytes: number) => void;
}

/** What a walk over a journal found, up to its end or its first fault. */
export interface VerifyReport {
  readonly isSound: boolean;
  /** The first thing that cannot be true; null for none. */
  readonly fault: JournalFault | null;
  readonly segments: number;
  readonly batches: number;
  readonly records: number;
  readonly bytes: number;
  /** Newest seq that was reached. */
  readonly lastSeq: number;
  /** Records that retention removed, and that repair gave up. */
  readonly removedRecords: number;
  readonly lostRecords: number;
  /** Bytes at the very end that a crash left unfinished, or that are being written; opening the journal cuts them. */
  readonly unfinishedBytes: number;
  /** The audit chain, up to where the walk came. */
  readonly audit: AuditReport;
}

type Tally = { -readonly [K in Exclude<keyof VerifyReport, 'audit'>]: VerifyReport[K] };

/**
 * Reads a whole journal and checks everything that can be checked without its events' meaning: headers and names of the
 * files, every checksum, the sequence of ranges over all files, every frame's place, seq and type, every hash of the audit
 * chain. Changes nothing and needs no lock; flat memory. Throws system errors only, and:
 *
 * @throws QtError QT_OPTION_INVALID
 */
export function verifyJournal(directory: string, fs: JournalFs = nodeFs, options: VerifyOptions = {}): VerifyReport {
  const { expectedHead, onProgress = () => {} } = options;
  if (expectedHead !== undefined && !/^[0-9a-f]{64}$/.test(expectedHead)) {
    throw invalidOption('expectedHead', expectedHead, '64 hexadecimal digits in lower case');
  }
  const tally: Tally = {
    isSound: false,
    fault: null,
    segments: 0,
    batches: 0,
    records: 0,
    bytes: 0,
    lastSeq: 0,
    removedRecords: 0,
    lostRecords: 0,
    unfinishedBytes: 0,
  };
  const audit = new AuditCheck(expectedHead ?? null);
  const seqs = listSegments(fs, directory);
  let journalId: string | null = null;
  let isRewritten = false;
  for (const firstSeq of seqs) {
    // A crash in the middle of a merge left it behind; what it holds is in the segment before.
    if (isRewritten && firstSeq <= tally.lastSeq) continue;
    try {
      checkContinuity(tally.lastSeq, firstSeq);
      const reader = openSegment(fs, directory, firstSeq, journalId);
      ({ journalId, isRewritten } = reader.header!);
      tally.segments++;
      try {
        tally.fault = walk(fs, reader, firstSeq === seqs.at(-1), tally, audit, onProgress);
      } finally {
        reader.close();
      }
    } catch (error) {
      if (!(error instanceof QtError)) throw error;
      const path = join(directory, segmentName(firstSeq));
      if (firstSeq === seqs.at(-1) && firstSeq === tally.lastSeq + 1 && isUnborn(fs, path)) {
        tally.unfinishedBytes = sizeOf(fs, path);
        break;
      }
      const { file = segmentName(firstSeq), offset = 0, reason = error.message } = error.details as Partial<JournalFault>;
      tally.fault = { file, offset, reason };
    }
    if (tally.fault !== null) break;
  }
  tally.isSound = tally.fault === null;
  return { ...tally, audit: audit.report };
}

function sizeOf(fs: JournalFs, path: string): number {
  const fd = fs.open(path, 'read');
  try {
    return fs.size(fd);
  } finally {
    fs.close(fd);
  }
}

function walk(
  fs: JournalFs,
  reader: BatchReader,
  isLast: boolean,
  tally: Tally,
  audit: AuditCheck,
  onProgress: (bytes: number) => void,
): JournalFault | null {
  const file = segmentName(reader.header!.firstSeq);
  const dictionary = new Dictionary();
  const broken = audit.enter(reader.header!);
  if (broken !== null) return { file, offset: 0, reason: broken };
  for (;;) {
    const found = reader.next();
    if (found === FAULT) {
      const { offset } = reader;
      if (!isLast || !isUnfinishedTail(findBatches(fs, reader.path, offset), reader.expectedSeq)) {
        tally.bytes += offset;
        return { file, offset, reason: reader.fault ?? 'no batch begins here' };
      }
      tally.unfinishedBytes = reader.size() - offset;
      tally.bytes += offset;
      return null;
    }
    if (found !== BATCH) {
      tally.bytes += reader.offset;
      return null;
    }
    const reason = faultOfBatch(reader, dictionary, audit);
    if (reason !== null) {
      tally.bytes += reader.at;
      return { file, offset: reader.at, reason };
    }
    count(reader, tally);
    onProgress(tally.bytes + reader.offset);
  }
}

function faultOfBatch(reader: BatchReader, dictionary: Dictionary, audit: AuditCheck): string | null {
  if (reader.head.kind === KIND_DICTIONARY) {
    if (!learn(dictionary, reader)) return 'the dictionary cannot be read';
    audit.learn(dictionary.toRecords().types);
  }
  return faultOfFrames(reader, dictionary) ?? audit.check(reader);
}

function count({ head }: BatchReader, tally: Tally): void {
  tally.batches++;
  tally.lastSeq = head.lastSeq;
  if (head.kind !== KIND_FRAMES) return;
  tally.records += head.count;
  const missing = head.lastSeq - head.firstSeq + 1 - head.count;
  if ((head.flags & BATCH_LOST) === 0) tally.removedRecords += missing;
  else tally.lostRecords += missing;
}

/** Why the frames of the current batch cannot be what was appended; null if they can. */
function faultOfFrames({ head, views, index }: BatchReader, dictionary: Dictionary): string | null {
  if (head.kind !== KIND_FRAMES) return null;
  const mayMiss = (head.flags & (BATCH_REMOVED | BATCH_LOST)) !== 0;
  const end = index + BATCH_HEADER_BYTES + head.payloadBytes;
  let at = index + BATCH_HEADER_BYTES;
  let previous = head.firstSeq - 1;
  for (let i = 0; i < head.count; i++) {
    const length = frameLength(views, at, end);
    if (length === 0) return `frame ${i} of the batch is not whole`;
    const seq = views.f64[(at + SEQ) >> 3]!;
    if (seq > head.lastSeq || seq <= previous || (seq !== previous + 1 && !mayMiss))
      return `frame ${i} of the batch has seq ${seq} behind ${previous}`;
    const id = views.u16[(at + TYPE_ID) >> 1]!;
    if ((views.u8[at + FLAGS]! & FLAG_DYNAMIC) === 0 && dictionary.typeCount > 0 && !dictionary.hasType(id)) {
      return `frame ${i} of the batch has type number ${id}, which the segment does not explain`;
    }
    previous = seq;
    at += align8(length);
  }
  if (head.count > 0 && at < end) return `the batch has ${end - at} bytes behind its last frame`;
  return previous === head.lastSeq || mayMiss ? null : `the batch ends at seq ${previous} instead of ${head.lastSeq}`;
}
