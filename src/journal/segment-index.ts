import { crc32 } from 'node:zlib';
import { FLAG_DYNAMIC, FLAGS, TS_INIT, TYPE_ID, type FrameViews } from '../codec/index.ts';
import { isChained, type ChainState } from './audit-chain.ts';
import { align8, BATCH_HEADER_BYTES, KIND_FRAMES } from './format.ts';
import { frameLength, type BatchHead } from './batch.ts';

/** Bytes of file for one entry. A reader that seeks reads that much in vain at most, and 64 MiB of segment have 1000 entries. */
const ENTRY_BYTES = 64 * 1024;
const INDEX_VERSION = 2;

/** A place to start reading from: [offset, first seq there, latest event time before it]. */
export type IndexEntry = readonly [offset: number, firstSeq: number, timeMaxBefore: number];

/** What a segment holds of one type. */
export interface TypeSummary {
  records: number;
  bytes: number;
  /** How many of them are in the audit chain. */
  chained: number;
  /** When the newest of them was accepted, us since 1970. */
  newestUs: number;
}

/** What the index of a segment knows. Plain data: it goes to the writer thread and into a file. */
export interface IndexRecord {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly bytes: number;
  readonly records: number;
  readonly timeMin: number;
  readonly timeMax: number;
  readonly entries: readonly IndexEntry[];
  /** By type name; dynamic types together under the empty name. */
  readonly types: Readonly<Record<string, TypeSummary>>;
}

/** Follows a segment batch by batch. */
export class SegmentIndex {
  readonly firstSeq: number;
  lastSeq: number;
  bytes: number;
  records = 0;
  timeMin = Infinity;
  timeMax = -Infinity;
  /** When the newest record was accepted. */
  newestUs = 0;
  /** The audit chain at its end. */
  chain: ChainState;
  readonly #entries: IndexEntry[] = [];
  /** By type number, 0 for all dynamic ones. */
  readonly #summaries: (TypeSummary | undefined)[] = [];

  /** @param chain the audit chain in front of it */
  constructor(firstSeq: number, bytes: number, chain: ChainState) {
    this.firstSeq = firstSeq;
    this.chain = chain;
    this.lastSeq = firstSeq - 1;
    this.bytes = bytes;
  }

  /** Takes note of a batch that starts at index `index` of the views and at the end of the file so far. */
  add(head: BatchHead, views: FrameViews, index: number): void {
    if (head.kind === KIND_FRAMES) {
      const last = this.#entries.at(-1);
      if (last === undefined || this.bytes - last[0] >= ENTRY_BYTES) this.#entries.push([this.bytes, head.firstSeq, this.timeMax]);
      if (head.count > 0) {
        if (head.timeMin < this.timeMin) this.timeMin = head.timeMin;
        if (head.timeMax > this.timeMax) this.timeMax = head.timeMax;
      }
      this.records += head.count;
      this.#summarise(head, views, index + BATCH_HEADER_BYTES);
    }
    this.bytes += head.length;
    this.lastSeq = head.lastSeq;
    this.chain = head.chain;
  }

  /** @param nameOf the name behind a type number of this segment */
  toRecord(nameOf: (id: number) => string | undefined): IndexRecord {
    const { firstSeq, lastSeq, bytes, records } = this;
    const types: Record<string, TypeSummary> = {};
    for (const [id, summary] of this.#summaries.entries()) if (summary !== undefined) types[nameOf(id) ?? ''] = { ...summary };
    // JSON has no infinities.
    const timeMin = records === 0 ? 0 : this.timeMin;
    const timeMax = records === 0 ? 0 : this.timeMax;
    const entries = this.#entries.map(([offset, seq, time]): IndexEntry => [offset, seq, Number.isFinite(time) ? time : 0]);
    return { firstSeq, lastSeq, bytes, records, timeMin, timeMax, entries, types };
  }

  #summarise(head: BatchHead, views: FrameViews, start: number): void {
    const { u8, u16, f64 } = views;
    const end = start + head.payloadBytes;
    for (let at = start, i = 0; i < head.count; i++) {
      const length = frameLength(views, at, end);
      if (length === 0) return;
      const id = (u8[at + FLAGS]! & FLAG_DYNAMIC) === 0 ? u16[(at + TYPE_ID) >> 1]! : 0;
      const summary = (this.#summaries[id] ??= { records: 0, bytes: 0, chained: 0, newestUs: 0 });
      summary.records++;
      summary.bytes += align8(length);
      if (isChained(views, at)) summary.chained++;
      const acceptedUs = f64[(at + TS_INIT) >> 3]!;
      if (acceptedUs > summary.newestUs) summary.newestUs = acceptedUs;
      if (acceptedUs > this.newestUs) this.newestUs = acceptedUs;
      at += align8(length);
    }
  }
}

/** One line with the CRC-32 of the rest, then JSON, so that a person can read it too. */
export function encodeIndex(record: IndexRecord): Buffer {
  const text = JSON.stringify({ version: INDEX_VERSION, ...record });
  return Buffer.from(`${crc32(text).toString(16).padStart(8, '0')}\n${text}\n`);
}

/** The index in a file, or null when it cannot be used and must be rebuilt from its segment. */
export function decodeIndex(bytes: Buffer): IndexRecord | null {
  const text = bytes.toString();
  const body = text.slice(9, -1);
  if (text[8] !== '\n' || crc32(body) !== Number.parseInt(text.slice(0, 8), 16)) return null;
  const record = JSON.parse(body) as IndexRecord & { version: number };
  return record.version === INDEX_VERSION ? record : null;
}
