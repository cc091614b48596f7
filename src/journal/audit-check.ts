import { FLAG_DYNAMIC, FLAGS, FrameDecoder, ROUTE, SEQ, TYPE_ID, TypeTable, type TypeRecord } from '../codec/index.ts';
import { AuditChain, CHAIN_START, ChainedTypes, dynamicType, isChained, type ChainState } from './audit-chain.ts';
import { frameLength, type BatchHead } from './batch.ts';
import type { BatchReader } from './batch-reader.ts';
import { align8, BATCH_HEADER_BYTES, BATCH_LOST, KIND_FRAMES, type SegmentHeader } from './format.ts';

/** The first place where the audit chain does not hold. */
export interface AuditFault {
  /** Of the record that does not hold; of the first one behind the place if a record is missing there. */
  readonly seq: number;
  /** Empty if there is no record at the place. */
  readonly type: string;
  readonly expected: string;
  readonly found: string;
}

/** A place where a repair gave up records of the chain. The chain behind it holds for itself. */
export interface AuditBreak {
  /** The range in which they were. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly records: number;
}

/** What a walk over the audit chain of a journal found. */
export interface AuditReport extends ChainState {
  readonly fault: AuditFault | null;
  /** Where records of the chain were lost, and it was said so. */
  readonly breaks: readonly AuditBreak[];
  /** Records that are not chained although others of their types are: written while the audit was off. Null for none. */
  readonly unchained: {
    readonly records: number;
    readonly firstSeq: number;
    readonly lastSeq: number;
    readonly types: readonly string[];
  } | null;
  /** The record whose hash the expected head is; null if there is none, or none was expected. */
  readonly expectedAt: { readonly seq: number; readonly records: number } | null;
}

interface TypeTally {
  chained: number;
  unchained: number;
  firstSeq: number;
  lastSeq: number;
}

/** Follows the audit chain of a journal, batch by batch. Computes every hash anew. */
export class AuditCheck {
  readonly #expectedHead: string | null;
  #chain = new AuditChain(CHAIN_START);
  #types = new ChainedTypes(['**']);
  #names = new Map<number, string>();
  readonly #decoder = new FrameDecoder(new TypeTable());
  readonly #tallies = new Map<string, TypeTally>();
  readonly #breaks: AuditBreak[] = [];
  #fault: AuditFault | null = null;
  #expectedAt: { seq: number; records: number } | null = null;
  /** Ranges since the last record that stood where it must, in which records were lost. */
  #lost: { firstSeq: number; lastSeq: number; missing: number } | null = null;

  constructor(expectedHead: string | null) {
    this.#expectedHead = expectedHead;
    if (expectedHead === CHAIN_START.head) this.#expectedAt = { seq: 0, records: 0 };
  }

  get report(): AuditReport {
    const { records, head } = this.#chain.state;
    return { records, head, fault: this.#fault, breaks: this.#breaks, unchained: this.#unchained(), expectedAt: this.#expectedAt };
  }

  /** Starts a segment. Says why it cannot follow on what was before; null if it can. */
  enter({ chain, firstSeq }: SegmentHeader): string | null {
    this.#types = new ChainedTypes(['**']);
    this.#names = new Map();
    return this.#follow(chain.head, chain.records, firstSeq, '');
  }

  learn(records: readonly TypeRecord[]): void {
    this.#types.learn(records);
    for (const { id, type } of records) this.#names.set(id, type);
  }

  /** Takes the current batch of a reader, whose frames are whole. Says why it cannot be true; null if it can. */
  check(reader: BatchReader): string | null {
    const { head } = reader;
    const fault = this.#checkBatch(reader);
    if (head.kind !== KIND_FRAMES || fault !== null) return fault;
    const missing = head.lastSeq - head.firstSeq + 1 - head.count;
    if ((head.flags & BATCH_LOST) !== 0 && missing > 0) {
      this.#lost = {
        firstSeq: this.#lost?.firstSeq ?? head.firstSeq,
        lastSeq: head.lastSeq,
        missing: (this.#lost?.missing ?? 0) + missing,
      };
    } else if (head.count > 0) {
      this.#lost = null;
    }
    return null;
  }

  #checkBatch({ head, index, views }: BatchReader): string | null {
    const start = index + BATCH_HEADER_BYTES;
    const end = start + head.payloadBytes;
    let follows = false;
    let at = start;
    for (let i = 0; head.kind === KIND_FRAMES && i < head.count; i++) {
      const length = frameLength(views, at, end);
      const seq = views.f64[(at + SEQ) >> 3]!;
      const type = this.#typeAt(views, at);
      const isLinked = isChained(views, at);
      this.#count(type, seq, isLinked);
      if (isLinked) {
        if (!follows) {
          const fault = this.#followBatch(head, countChained(views, start, end, head.count), seq, type);
          if (fault !== null) return fault;
          follows = true;
        }
        const definition = this.#types.digest(views, at);
        const found = views.u32[(at + ROUTE) >> 2]!;
        if (definition === null)
          return this.#fail(seq, type, 'a record of a declared type', `type number ${views.u16[(at + TYPE_ID) >> 1]!}`);
        const mark = this.#chain.append(views, at, length, definition);
        if (mark !== found) return this.#fail(seq, type, hexWord(mark), hexWord(found));
        if (this.#chain.state.head === this.#expectedHead) this.#expectedAt = { seq, records: this.#chain.state.records };
      }
      at += align8(length);
    }
    if (!follows) {
      const fault = this.#followBatch(head, 0, head.firstSeq, '');
      if (fault !== null) return fault;
    }
    const { state } = this.#chain;
    if (head.chain.head !== state.head) return this.#fail(head.lastSeq, '', state.head, head.chain.head);
    if (head.chain.records !== state.records)
      return this.#fail(head.lastSeq, '', `${state.records} records`, `${head.chain.records} records`);
    return null;
  }

  #followBatch(head: BatchHead, chained: number, seq: number, type: string): string | null {
    return this.#follow(head.chainBefore, head.chain.records - chained, seq, type);
  }

  /** A chain may jump only where records were lost, and by no more than were. */
  #follow(head: string, records: number, seq: number, type: string): string | null {
    const { state } = this.#chain;
    if (head === state.head && records === state.records) return null;
    const jump = records - state.records;
    const lost = this.#lost;
    if (lost === null || !(jump > 0 && jump <= lost.missing)) {
      const isJump = head === state.head;
      return this.#fail(seq, type, isJump ? `${state.records} records` : state.head, isJump ? `${records} records` : head);
    }
    this.#breaks.push({ firstSeq: lost.firstSeq, lastSeq: lost.lastSeq, records: jump });
    this.#chain = new AuditChain({ records, head });
    this.#lost = null;
    return null;
  }

  #fail(seq: number, type: string, expected: string, found: string): string {
    this.#fault = { seq, type, expected, found };
    return `the audit chain breaks at seq ${seq}${type === '' ? '' : ` (${type})`}: expected ${expected}, found ${found}`;
  }

  #typeAt(views: BatchReader['views'], at: number): string {
    if ((views.u8[at + FLAGS]! & FLAG_DYNAMIC) !== 0) return dynamicType(this.#decoder, views, at);
    return this.#names.get(views.u16[(at + TYPE_ID) >> 1]!) ?? '';
  }

  #count(type: string, seq: number, isLinked: boolean): void {
    let tally = this.#tallies.get(type);
    if (tally === undefined) {
      tally = { chained: 0, unchained: 0, firstSeq: 0, lastSeq: 0 };
      this.#tallies.set(type, tally);
    }
    if (isLinked) {
      tally.chained++;
      return;
    }
    if (tally.unchained++ === 0) tally.firstSeq = seq;
    tally.lastSeq = seq;
  }

  #unchained(): AuditReport['unchained'] {
    const gone = [...this.#tallies].filter(([, { chained, unchained }]) => chained > 0 && unchained > 0);
    if (gone.length === 0) return null;
    return {
      records: gone.reduce((sum, [, { unchained }]) => sum + unchained, 0),
      firstSeq: Math.min(...gone.map(([, { firstSeq }]) => firstSeq)),
      lastSeq: Math.max(...gone.map(([, { lastSeq }]) => lastSeq)),
      types: gone.map(([type]) => type).toSorted(),
    };
  }
}

function countChained(views: BatchReader['views'], start: number, end: number, count: number): number {
  let chained = 0;
  for (let at = start, i = 0; i < count; i++) {
    if (isChained(views, at)) chained++;
    at += align8(frameLength(views, at, end));
  }
  return chained;
}

function hexWord(word: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(word);
  return `${bytes.toString('hex')}...`;
}
