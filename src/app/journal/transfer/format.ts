/**
 * A journal as a text file: JSON, one object a line, for other places, other programs and later versions.
 *
 * ```
 *  {"format":"quantum-trader-journal","version":1,"journalId":"<32 hex>","crc":"<8 hex>"}
 *  {"file":{"name":"run.json","text":"..."},"crc":"..."}                        what lies beside the journal of a run
 *  {"dictionary":{"isRenewed":false,"types":[...],"names":{...}},"crc":"..."}   before the first event that needs it
 *  {"seq":1,"frame":"<base64>","event":{...},"crc":"..."}                       an event: its bytes, and the same to read
 *  {"chain":{"records":7,"head":"<64 hex>"},"crc":"..."}                        where the audit chain goes on behind lost events
 *  {"missing":{"firstSeq":2,"lastSeq":9,"why":"removed"},"crc":"..."}           removed by retention, or lost to a repair
 *  {"end":{"lastSeq":9,"events":1,"sha256":"<64 hex>"},"crc":"..."}
 * ```
 *
 * Every line ends with the CRC-32 of all text before its `,"crc":`, the lines before it included (each continues the
 * value of the one before), so the first line that was changed, moved, doubled or taken out is the one that is named.
 * `sha256` is of the content: of the frame bytes of each event line, and of what the CRC covers in any other.
 *
 * The frame (`src/codec/frame.ts`) is the event; `event` is made from it, for readers, and cannot say everything that a
 * frame can (-0, integers beyond 2^53). A frame of the audit chain has its mark in ROUTE; a part of a journal is no chain,
 * and its frames have none. A dictionary that is renewed replaces all types and names before it.
 */
import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ChainState, DictionaryRecords } from '../../../journal/index.ts';

export const TRANSFER_FORMAT = 'quantum-trader-journal';
export const TRANSFER_VERSION = 1;

export interface MissingRange {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly why: 'removed' | 'lost';
}

/** A line, without its checksum. */
export type TransferRecord =
  | { readonly format: string; readonly version: number; readonly journalId: string }
  | { readonly file: { readonly name: string; readonly text: string } }
  | { readonly dictionary: DictionaryRecords & { readonly isRenewed: boolean } }
  | { readonly chain: ChainState }
  | { readonly missing: MissingRange }
  | { readonly seq: number; readonly frame: string; readonly event?: unknown }
  | { readonly end: { readonly lastSeq: number; readonly events: number; readonly sha256: string } };

const CRC_LENGTH = ',"crc":"00000000"}'.length;

/** Makes lines, and the checksums over them. */
export class LineWriter {
  readonly #hash: Hash = createHash('sha256');
  #crc = 0;

  /** A line of any kind but an event. */
  line(record: Exclude<TransferRecord, { seq: number }>): string {
    const text = JSON.stringify(record).slice(0, -1);
    if (!('end' in record)) this.#hash.update(text);
    return this.#sealed(text);
  }

  /** @param event the event as JSON, or null if it cannot be read */
  event(seq: number, frame: Buffer, event: string | null): string {
    this.#hash.update(frame);
    return this.#sealed(`{"seq":${seq},"frame":"${frame.toString('base64')}","event":${event ?? 'null'}`);
  }

  /** Of the content so far; nothing can be added to it afterwards. */
  contentHash(): string {
    return this.#hash.digest('hex');
  }

  #sealed(text: string): string {
    this.#crc = crc32(text, this.#crc);
    return `${text},"crc":"${this.#crc.toString(16).padStart(8, '0')}"}\n`;
  }
}

/** Reads lines in their order and checks them. */
export class LineReader {
  readonly #hash: Hash = createHash('sha256');
  #crc = 0;

  /** What a line says, or why it cannot be trusted. */
  read(line: Buffer): TransferRecord | string {
    const body = line.subarray(0, Math.max(0, line.length - CRC_LENGTH));
    const crc = /^,"crc":"([0-9a-f]{8})"\}$/.exec(line.toString('latin1', body.length))?.[1];
    if (crc === undefined) return 'it does not end with a checksum';
    this.#crc = crc32(body, this.#crc);
    if (this.#crc !== Number.parseInt(crc, 16)) return 'its checksum is wrong: it was changed, or a line before it is missing';
    const record = parse(`${body.toString()}}`);
    if (!isRecord(record)) return 'it is of no known kind';
    if ('seq' in record) this.#hash.update(Buffer.from(record.frame, 'base64'));
    else if (!('end' in record)) this.#hash.update(body);
    return record;
  }

  contentHash(): string {
    return this.#hash.digest('hex');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const PARTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  file: { name: 'string', text: 'string' },
  dictionary: { isRenewed: 'boolean', types: 'object', names: 'object' },
  chain: { records: 'number', head: 'string' },
  missing: { firstSeq: 'number', lastSeq: 'number', why: 'string' },
  end: { lastSeq: 'number', events: 'number', sha256: 'string' },
};

/** What is right by its checksum may still be of another program. */
function isRecord(value: unknown): value is TransferRecord {
  if (hasParts(value, { seq: 'number', frame: 'string' }) || hasParts(value, { format: 'string', version: 'number', journalId: 'string' }))
    return true;
  const kind = Object.keys(PARTS).find((name) => hasParts(value, { [name]: 'object' }));
  return kind !== undefined && hasParts((value as Record<string, unknown>)[kind], PARTS[kind]!);
}

function hasParts(value: unknown, parts: Readonly<Record<string, string>>): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(parts).every(([name, type]) => typeof (value as Record<string, unknown>)[name] === type);
}
