/**
 * A journal of any size, made in a moment: closed segments that have a header, an index and a length, and holes in place of
 * their batches; behind them a last segment that is real. Opening a journal trusts the index of a closed segment whose
 * length is right, so it does here what it does on one that was written.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openJournal } from '../../src/journal/index.ts';
import { CHAIN_START } from '../../src/journal/audit-chain.ts';
import { encodeSegmentHeader, indexName, segmentName } from '../../src/journal/format.ts';
import { encodeIndex, type IndexEntry } from '../../src/journal/segment-index.ts';
import { BenchTrade, type Inputs } from '../trade.ts';
import { frameBytesOf } from './frame-bytes.ts';
import { appendTrades } from './journal-frames.ts';

/** Bytes of a segment between two entries of its index, as the writer leaves them. */
const ENTRY_BYTES = 64 * 1024;
/** How full the last segment is: the longest that an opening may have to read. */
const TAIL_RATIO = 0.95;

export interface SparseJournal {
  readonly segments: number;
  /** Bytes that are really there, in the last segment. */
  readonly tailBytes: number;
  readonly lastSeq: number;
}

/**
 * @param directory empty
 * @param bytes of the closed segments together
 * @param segmentBytes of each
 */
export async function makeSparseJournal(directory: string, bytes: number, segmentBytes: number, inputs: Inputs): Promise<SparseJournal> {
  const journalId = randomBytes(16).toString('hex');
  const perSegment = Math.floor(segmentBytes / frameBytesOf(inputs.drafts));
  const segments = Math.max(1, Math.round(bytes / segmentBytes));
  for (let i = 0; i <= segments; i++) writeSegment(directory, journalId, 1 + i * perSegment, i < segments ? segmentBytes : 0, perSegment);
  const journal = await openJournal(directory, { segmentBytes });
  await appendTrades(journal, inputs, Math.floor(perSegment * TAIL_RATIO));
  await journal.close();
  const tailBytes = statSync(join(directory, segmentName(1 + segments * perSegment))).size;
  return { segments: segments + 1, tailBytes, lastSeq: journal.lastSeq };
}

/** @param bytes of the file with its holes; 0 for one that has only been begun */
function writeSegment(directory: string, journalId: string, firstSeq: number, bytes: number, records: number): void {
  const header = { isRewritten: false, journalId, firstSeq, createdUs: firstSeq, removedRecords: 0, removedBytes: 0, chain: CHAIN_START };
  const fd = openSync(join(directory, segmentName(firstSeq)), 'wx');
  writeSync(fd, encodeSegmentHeader(header));
  if (bytes > 0) ftruncateSync(fd, bytes);
  closeSync(fd);
  if (bytes === 0) return;
  const lastSeq = firstSeq + records - 1;
  const entries = Array.from({ length: Math.floor(bytes / ENTRY_BYTES) }, (_, i): IndexEntry => [
    128 + i * ENTRY_BYTES,
    firstSeq + Math.floor((i * ENTRY_BYTES * records) / bytes),
    firstSeq,
  ]);
  const types = { [BenchTrade.type]: { records, bytes, chained: 0, newestUs: lastSeq } };
  const index = { firstSeq, lastSeq, bytes, records, timeMin: firstSeq, timeMax: lastSeq, entries, types };
  writeFileSync(join(directory, indexName(firstSeq)), encodeIndex(index));
}
