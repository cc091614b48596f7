import { createHash } from 'node:crypto';
import type { QtEvent } from '../../event/index.ts';
import { canonicalJson } from '../canonical-json.ts';

/** What is hashed of an audited event. */
export interface AuditEntry {
  readonly type: string;
  readonly seq: number;
  /** Without `hash` and `prev_hash`, which the chain adds. */
  readonly payload: Readonly<Record<string, unknown>>;
}

/** An entry with its place in the chain; hashes are 64 hexadecimal digits. */
export interface AuditRecord extends AuditEntry {
  readonly hash: string;
  readonly prev_hash: string;
}

/** The hash before the first record. */
export const AUDIT_GENESIS: string = createHash('sha256').update('quantum-trader/audit/v1').digest('hex');

/**
 * SHA-256 over the previous hash (its 32 bytes) and the canonical JSON of the entry.
 *
 * @throws QtError QT_OBSERVE_NOT_CANONICAL
 */
export function auditHash(previous: string, entry: AuditEntry): string {
  const { payload, seq, type } = entry;
  return createHash('sha256').update(previous, 'hex').update(canonicalJson({ payload, seq, type })).digest('hex');
}

/** Links audit events to a chain, in the order they are given. */
export class AuditChain {
  #head: string;
  #length: number;

  /** @param head hash of the last record and how many there are, when an older chain goes on */
  constructor(head: string = AUDIT_GENESIS, length = 0) {
    this.#head = head;
    this.#length = length;
  }

  get head(): string {
    return this.#head;
  }

  get length(): number {
    return this.#length;
  }

  /** @throws QtError QT_OBSERVE_NOT_CANONICAL, and then the chain is as before */
  append(event: Pick<QtEvent<object>, 'type' | 'seq' | 'payload'>): AuditRecord {
    const { hash: _hash, prev_hash: _previous, ...payload } = event.payload as Record<string, unknown>;
    const { type, seq } = event;
    const prev_hash = this.#head;
    const hash = auditHash(prev_hash, { type, seq, payload });
    this.#head = hash;
    this.#length++;
    return { type, seq, payload, hash, prev_hash };
  }
}

/** The record as the line that is written. */
export function toAuditLine(record: AuditRecord): string {
  const { hash, payload, prev_hash, seq, type } = record;
  return canonicalJson({ hash, payload, prev_hash, seq, type });
}
