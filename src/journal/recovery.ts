import { join } from 'node:path';
import { FrameViews } from '../codec/index.ts';
import { faultOfBatch, hasBatchMagic, readHead, type BatchHead } from './batch.ts';
import { BatchReader } from './batch-reader.ts';
import type { Dictionary } from './dictionary.ts';
import { readRange, replaceFile, type JournalFs } from './file-system.ts';
import { BATCH_FSYNCED_LEVEL, BATCH_HEADER_BYTES, BATCH_JOURNAL, indexName, SEGMENT_HEADER_BYTES, segmentName } from './format.ts';
import type { IndexRecord, SegmentIndex } from './segment-index.ts';
import { damaged, listSegments, loadIndex, missingBefore, openSegment, saveIndex, scanSegment, type JournalFault } from './segments.ts';

/** Where bytes go that are cut off. Nothing is ever deleted there. */
export const LOST_AND_FOUND = 'lost+found';

/** What had to be done to open a journal. */
export interface RecoveryReport {
  /** Newest seq in the journal, 0 for none. */
  readonly lastSeq: number;
  /** Bytes that a crash had left unfinished at the end. */
  readonly cutBytes: number;
  /** The place of the cut; null if there was none. */
  readonly cut: JournalFault | null;
  /** Where the cut bytes are now; null if there were none, or only zeros. */
  readonly keptAside: string | null;
  /** Index files that were missing or wrong. */
  readonly indexesRebuilt: number;
  /** Segments that a merge by retention had replaced and not yet deleted. */
  readonly leftoversRemoved: number;
}

/** A segment that nothing is appended to any more. */
export interface ClosedSegment extends Omit<IndexRecord, 'entries'> {
  readonly isRewritten: boolean;
}

/** The segment that goes on. */
export interface TailSegment {
  readonly index: SegmentIndex;
  readonly dictionary: Dictionary;
}

export interface Recovered {
  readonly report: RecoveryReport;
  readonly journalId: string | null;
  readonly closed: ClosedSegment[];
  readonly tail: TailSegment | null;
}

/**
 * Makes a directory fit to append to.
 *
 * The end of the last segment may be what a crash left: an unfinished batch, zeros, at level `fsynced` also batches that
 * reached the disk without the one before them. That is cut off and kept aside. Anything else that is wrong is damage,
 * named and refused: damage in front of data that was acknowledged is never skipped. Closed segments are taken by their
 * index and length, and read only if that is missing or wrong; `verifyJournal` reads everything.
 *
 * @throws QtError QT_JOURNAL_DAMAGED, QT_JOURNAL_VERSION_UNSUPPORTED
 */
export function recover(fs: JournalFs, directory: string): Recovered {
  const report = {
    lastSeq: 0,
    cutBytes: 0,
    cut: null as JournalFault | null,
    keptAside: null as string | null,
    indexesRebuilt: 0,
    leftoversRemoved: 0,
  };
  const seqs = listSegments(fs, directory);
  if (seqs.length > 0 && removeUnborn(fs, directory, seqs.at(-1)!, report)) seqs.pop();

  const closed: ClosedSegment[] = [];
  let journalId: string | null = null;
  for (const firstSeq of seqs.slice(0, -1)) {
    const previous = closed.at(-1);
    if (previous !== undefined && previous.isRewritten && firstSeq <= previous.lastSeq) {
      removeSegment(fs, directory, firstSeq);
      report.leftoversRemoved++;
      continue;
    }
    checkContinuity(previous?.lastSeq ?? 0, firstSeq);
    const reader = openSegment(fs, directory, firstSeq, journalId);
    try {
      journalId = reader.header!.journalId;
      closed.push(closedSegment(fs, directory, reader, report));
    } finally {
      reader.close();
    }
  }

  const lastFirst = seqs.at(-1);
  if (lastFirst === undefined) return { report, journalId, closed, tail: null };
  checkContinuity(closed.at(-1)?.lastSeq ?? 0, lastFirst);
  const reader = openSegment(fs, directory, lastFirst, journalId);
  try {
    journalId = reader.header!.journalId;
    const { index, dictionary, fault } = scanSegment(reader);
    if (fault !== null) cutTail(fs, directory, reader, fault, report);
    report.lastSeq = index.lastSeq;
    return { report, journalId, closed, tail: { index, dictionary } };
  } finally {
    reader.close();
  }
}

/** @throws QtError QT_JOURNAL_DAMAGED if a segment does not start where the one before it ends */
export function checkContinuity(lastSeq: number, firstSeq: number): void {
  if (firstSeq > lastSeq + 1) throw missingBefore(lastSeq + 1, firstSeq);
  if (firstSeq <= lastSeq) {
    throw damaged({ file: segmentName(firstSeq), offset: 0, reason: `it starts inside the segment before, which ends at seq ${lastSeq}` });
  }
}

function closedSegment(fs: JournalFs, directory: string, reader: BatchReader, report: { indexesRebuilt: number }): ClosedSegment {
  const { firstSeq, isRewritten } = reader.header!;
  let record = loadIndex(fs, directory, firstSeq, reader.size());
  if (record === null) {
    const { index, dictionary, fault } = scanSegment(reader);
    if (fault !== null) throw damaged(fault);
    record = index.toRecord((id) => dictionary.typeName(id));
    saveIndex(fs, directory, record);
    report.indexesRebuilt++;
  }
  const { entries: _, ...summary } = record;
  return { ...summary, isRewritten };
}

/** True for a last file that was being made when the crash came: without a header, and without a batch. */
export function isUnborn(fs: JournalFs, path: string): boolean {
  const reader = new BatchReader(fs, path);
  try {
    if (reader.header !== null) return false;
    return reader.size() <= SEGMENT_HEADER_BYTES || findBatches(fs, path, 0).length === 0;
  } finally {
    reader.close();
  }
}

function removeUnborn(
  fs: JournalFs,
  directory: string,
  firstSeq: number,
  report: { cutBytes: number; cut: JournalFault | null; keptAside: string | null },
): boolean {
  const file = segmentName(firstSeq);
  if (!isUnborn(fs, join(directory, file))) return false;
  const reader = new BatchReader(fs, join(directory, file));
  try {
    report.cutBytes = reader.size();
    report.cut = { file, offset: 0, reason: reader.fault ?? 'there is no header' };
    report.keptAside = keepAside(fs, directory, file, 0);
  } finally {
    reader.close();
  }
  removeSegment(fs, directory, firstSeq);
  fs.syncDirectory(directory);
  return true;
}

export function removeSegment(fs: JournalFs, directory: string, firstSeq: number): void {
  fs.unlink(join(directory, segmentName(firstSeq)));
  const index = join(directory, indexName(firstSeq));
  if (fs.exists(index)) fs.unlink(index);
}

function cutTail(
  fs: JournalFs,
  directory: string,
  reader: BatchReader,
  fault: JournalFault,
  report: { cutBytes: number; cut: JournalFault | null; keptAside: string | null },
): void {
  const later = findBatches(fs, reader.path, fault.offset);
  if (!isUnfinishedTail(later, reader.expectedSeq)) {
    throw damaged(fault, {
      hint: 'whole batches follow it; if the power failed at level written, repair cuts here',
      batchesBehind: later.length,
    });
  }
  report.cutBytes = reader.size() - fault.offset;
  report.cut = fault;
  report.keptAside = keepAside(fs, directory, fault.file, fault.offset);
  const fd = fs.open(reader.path, 'write');
  try {
    fs.truncate(fd, fault.offset);
    fs.sync(fd);
  } finally {
    fs.close(fd);
  }
}

/**
 * True if a crash explains a bad place: nothing whole follows it, or what follows says of itself that it was written
 * before the bad place was known to be on the disk.
 *
 * @param seq first seq that is not readable
 */
export function isUnfinishedTail(later: readonly BatchHead[], seq: number): boolean {
  return later.every((head) => (head.flags & BATCH_FSYNCED_LEVEL) !== 0 && head.syncedSeq < seq);
}

/** A whole batch, wherever it was found. */
export interface FoundBatch extends BatchHead {
  readonly at: number;
  /** The word of the journal it belongs to. */
  readonly journal: number;
}

/** The batches that are whole, from any multiple of 8 on. */
export function findBatches(fs: JournalFs, path: string, from: number): FoundBatch[] {
  const fd = fs.open(path, 'read');
  try {
    const bytes = readRange(fs, fd, from, fs.size(fd));
    // Its memory is its own and starts at 0, so the views may go over it; their last bytes may not fill a word.
    const views = new FrameViews(bytes.buffer as ArrayBuffer);
    const found: FoundBatch[] = [];
    let at = 0;
    while (at + BATCH_HEADER_BYTES <= bytes.length) {
      const head = hasBatchMagic(views, at) ? readHead(views, at) : null;
      const isPossible = head !== null && head.length >= BATCH_HEADER_BYTES && head.length % 8 === 0 && at + head.length <= bytes.length;
      const journal = views.u32[(at + BATCH_JOURNAL) >> 2]!;
      if (isPossible && faultOfBatch(views, at, head, journal) === null) {
        found.push({ ...head, at: from + at, journal });
        at += head.length;
      } else {
        at += 8;
      }
    }
    return found;
  } finally {
    fs.close(fd);
  }
}

/** Copies the end of a file to `lost+found/`; null if it holds nothing but zeros. */
export function keepAside(fs: JournalFs, directory: string, file: string, offset: number): string | null {
  const fd = fs.open(join(directory, file), 'read');
  try {
    const bytes = readRange(fs, fd, offset, fs.size(fd));
    if (bytes.every((byte) => byte === 0)) return null;
    const folder = join(directory, LOST_AND_FOUND);
    fs.makeDirectory(folder);
    const taken = new Set(fs.readDirectory(folder));
    let number = 1;
    while (taken.has(`${file}.${offset}.${number}`)) number++;
    const path = join(folder, `${file}.${offset}.${number}`);
    replaceFile(fs, path, bytes, true);
    fs.syncDirectory(directory);
    return path;
  } finally {
    fs.close(fd);
  }
}
