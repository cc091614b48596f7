import { join } from 'node:path';
import { QtError } from '../base/index.ts';
import { BATCH, BatchReader, FAULT } from './batch-reader.ts';
import { decodeDictionary, Dictionary } from './dictionary.ts';
import { QT_JOURNAL_DAMAGED, QT_JOURNAL_VERSION_UNSUPPORTED } from './errors.ts';
import { readWhole, replaceFile, type JournalFs } from './file-system.ts';
import { BATCH_HEADER_BYTES, FORMAT_VERSION, indexName, KIND_DICTIONARY, SEGMENT_HEADER_BYTES, segmentName, seqOfName } from './format.ts';
import { decodeIndex, encodeIndex, SegmentIndex, type IndexRecord } from './segment-index.ts';

/** Where something is wrong. */
export interface JournalFault {
  readonly file: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly reason: string;
}

/** First seqs of the segments in a directory, ascending. */
export function listSegments(fs: JournalFs, directory: string): number[] {
  const seqs: number[] = [];
  for (const name of fs.readDirectory(directory)) {
    const seq = seqOfName(name);
    if (seq !== null) seqs.push(seq);
  }
  return seqs.sort((a, b) => a - b);
}

export function damaged(fault: JournalFault, details: Readonly<Record<string, unknown>> = {}): QtError {
  return new QtError(QT_JOURNAL_DAMAGED, `Cannot trust the journal at byte ${fault.offset} of ${fault.file}: ${fault.reason}`, {
    details: { ...fault, ...details },
  });
}

/** The log begins at seq 1 and has no holes, so a first file of another name means that some are gone. */
export function missingBefore(seq: number, firstSeq: number): QtError {
  return damaged({ file: segmentName(firstSeq), offset: 0, reason: `the segment of seq ${seq} is missing in front of it` });
}

/**
 * Opens a segment whose header must be whole, of this version and of this name.
 *
 * @param journalId of the other segments, null for any
 * @throws QtError QT_JOURNAL_DAMAGED, QT_JOURNAL_VERSION_UNSUPPORTED
 */
export function openSegment(fs: JournalFs, directory: string, firstSeq: number, journalId: string | null): BatchReader {
  const file = segmentName(firstSeq);
  const reader = new BatchReader(fs, join(directory, file));
  const fault = faultOfHeader(reader, firstSeq, journalId);
  if (fault === null) return reader;
  reader.close();
  throw fault;
}

function faultOfHeader(reader: BatchReader, firstSeq: number, journalId: string | null): QtError | null {
  const { header } = reader;
  const at = (reason: string): QtError => damaged({ file: segmentName(firstSeq), offset: 0, reason });
  if (header === null) return at(reader.fault ?? 'there is no header');
  if (header.version !== FORMAT_VERSION) {
    return new QtError(
      QT_JOURNAL_VERSION_UNSUPPORTED,
      `Cannot read ${segmentName(firstSeq)}: its format is version ${header.version}, this code has ${FORMAT_VERSION}`,
      {
        details: { file: segmentName(firstSeq), version: header.version },
      },
    );
  }
  if (header.firstSeq !== firstSeq) return at(`the file is the segment of seq ${header.firstSeq}, under another name`);
  if (journalId !== null && header.journalId !== journalId) return at('the segment belongs to another journal');
  return null;
}

/** What a walk over a whole segment found. */
export interface SegmentScan {
  readonly index: SegmentIndex;
  readonly dictionary: Dictionary;
  /** Where the first byte is that cannot be understood, and why; null for none. */
  readonly fault: JournalFault | null;
}

/** Reads and checks a segment from its start to its end, or to the first fault. */
export function scanSegment(reader: BatchReader): SegmentScan {
  const { firstSeq, chain } = reader.header!;
  const index = new SegmentIndex(firstSeq, SEGMENT_HEADER_BYTES, chain);
  const dictionary = new Dictionary();
  for (;;) {
    const found = reader.next();
    const at = (reason: string): JournalFault => ({ file: segmentName(firstSeq), offset: reader.at, reason });
    if (found === FAULT) {
      return { index, dictionary, fault: { file: segmentName(firstSeq), offset: reader.offset, reason: reader.fault ?? 'no batch' } };
    }
    if (found !== BATCH) return { index, dictionary, fault: null };
    if (reader.head.kind === KIND_DICTIONARY && !learn(dictionary, reader))
      return { index, dictionary, fault: at('the dictionary cannot be read') };
    index.add(reader.head, reader.views, reader.index);
  }
}

/** All entries of a segment, found by the headers of its batches. */
export function readDictionary(fs: JournalFs, directory: string, firstSeq: number): Dictionary {
  const dictionary = new Dictionary();
  const reader = openSegment(fs, directory, firstSeq, null);
  try {
    const size = reader.size();
    while (reader.skip(size)) {
      if (reader.head.kind !== KIND_DICTIONARY) continue;
      const next = reader.offset;
      reader.seek(reader.at, reader.head.firstSeq);
      const isRead = reader.next() === BATCH && learn(dictionary, reader);
      if (!isRead)
        throw damaged({ file: segmentName(firstSeq), offset: reader.offset, reason: reader.fault ?? 'the dictionary cannot be read' });
      reader.seek(next, reader.expectedSeq);
    }
    return dictionary;
  } finally {
    reader.close();
  }
}

/** Takes the current batch, a dictionary, over. False if it is none that fits. */
export function learn(dictionary: Dictionary, reader: BatchReader): boolean {
  const start = reader.index + BATCH_HEADER_BYTES;
  const records = decodeDictionary(reader.views.bytes.subarray(start, start + reader.head.payloadBytes));
  if (records === null || !dictionary.accepts(records)) return false;
  dictionary.add(records);
  return true;
}

/** The index of a segment from its file, if it is there, right, and of a segment of this size. */
export function loadIndex(fs: JournalFs, directory: string, firstSeq: number, size: number): IndexRecord | null {
  const path = join(directory, indexName(firstSeq));
  if (!fs.exists(path)) return null;
  const record = decodeIndex(readWhole(fs, path));
  return record !== null && record.firstSeq === firstSeq && record.bytes === size ? record : null;
}

/** Not synced: an index that a power cut takes is built again. */
export function saveIndex(fs: JournalFs, directory: string, record: IndexRecord): void {
  replaceFile(fs, join(directory, indexName(record.firstSeq)), encodeIndex(record), false);
}
