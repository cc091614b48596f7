import { createReadStream } from 'node:fs';
import { QtError } from '../../base/index.ts';
import { AuditIntegrityFailed } from '../../model/index.ts';
import type { EventInput } from '../../event/index.ts';
import { QT_OBSERVE_LOG_FAILED } from '../errors.ts';
import { AUDIT_GENESIS, auditHash, toAuditLine, type AuditRecord } from './chain.ts';

// Far above any record, so that a file that is no audit file is refused before it fills the memory.
const LINE_BYTES_MAX = 16 * 1024 * 1024;

/** The first place where a chain does not hold. */
export interface AuditFault {
  /** Number of the line, from 1. */
  readonly line: number;
  /** `seq` of the record if it can be read, else that of the one before. */
  readonly atSeq: number;
  readonly expected: string;
  readonly found: string;
}

export interface AuditVerdict {
  /** Null when every record holds. */
  readonly fault: AuditFault | null;
  /** Records that hold, from the start. */
  readonly records: number;
  /** Hash of the last of them. */
  readonly head: string;
}

/**
 * Checks lines one by one. A line must be byte for byte what its record would be written as, so that no change at all
 * goes unseen. What was cut off at the end shows only against a head that is known from elsewhere.
 */
export class AuditVerifier {
  #head = AUDIT_GENESIS;
  #records = 0;
  #seq = 0;
  #fault: AuditFault | null = null;

  /** @returns false from the first fault on */
  check(line: string): boolean {
    if (this.#fault !== null) return false;
    const record = parse(line);
    if (record === null || toAuditLine(record) !== line) return this.#fail('a record as it is written', line.slice(0, 100), record?.seq);
    if (record.prev_hash !== this.#head) return this.#fail(this.#head, record.prev_hash, record.seq);
    const hash = auditHash(this.#head, record);
    if (record.hash !== hash) return this.#fail(hash, record.hash, record.seq);
    this.#head = hash;
    this.#records++;
    this.#seq = record.seq;
    return true;
  }

  /**
   * @param expectedHead hash that the chain must end with, if known
   * @param rest what follows the last line end; anything is an unfinished record
   */
  verdict(expectedHead?: string, rest = ''): AuditVerdict {
    if (this.#fault === null && rest !== '') this.#fail('a line end', rest.slice(0, 100));
    if (this.#fault === null && expectedHead !== undefined && expectedHead !== this.#head) this.#fail(expectedHead, this.#head);
    return { fault: this.#fault, records: this.#records, head: this.#head };
  }

  #fail(expected: string, found: string, atSeq = this.#seq): false {
    this.#fault = { line: this.#records + 1, atSeq, expected, found };
    return false;
  }
}

/**
 * Checks a file of records.
 *
 * @throws QtError QT_OBSERVE_LOG_FAILED if it cannot be read
 */
export async function verifyAuditFile(path: string, expectedHead?: string): Promise<AuditVerdict> {
  const verifier = new AuditVerifier();
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      // Split by hand: readline takes a carriage return for a line end as well, and so would not see one byte changed.
      for (let end = text.indexOf(0x0a); end >= 0; end = text.indexOf(0x0a, start)) {
        if (!verifier.check(text.toString('utf8', start, end))) return verifier.verdict();
        start = end + 1;
      }
      rest = text.subarray(start);
      if (rest.length > LINE_BYTES_MAX) break;
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new QtError(QT_OBSERVE_LOG_FAILED, `Cannot read ${path}: ${reason}`, { cause, details: { path } });
  }
  return verifier.verdict(expectedHead, rest.toString('utf8'));
}

/** The alarm for a broken chain. */
export function toIntegrityFailed(fault: AuditFault): EventInput {
  const { atSeq: at_seq, expected, found } = fault;
  return AuditIntegrityFailed.create({ at_seq, expected, found }, { source: 'audit_storage' });
}

function parse(line: string): AuditRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { type, seq, payload, hash, prev_hash } = value as Partial<AuditRecord>;
  const isRecord =
    typeof type === 'string' &&
    typeof seq === 'number' &&
    typeof payload === 'object' &&
    payload !== null &&
    typeof hash === 'string' &&
    typeof prev_hash === 'string';
  return isRecord ? { type, seq, payload, hash, prev_hash } : null;
}
