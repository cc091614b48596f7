import { QtError } from '../../../base/index.ts';
import { FrameViews, ROUTE, type TypeRecord } from '../../../codec/index.ts';
import { CHAIN_START, openJournalReader, type ChainState, type DictionaryRecords, type JournalReader } from '../../../journal/index.ts';
import { toEventJson } from '../event-json.ts';
import { toRecordedEvent } from '../recorded.ts';
import type { MissingRange } from './format.ts';

/** An event, whose two seqs are one, or a range that has none any more. */
export interface TransferItem {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly frame?: Buffer;
  readonly why?: MissingRange['why'];
}

/** Events and gaps of a journal in the order of their seqs, a batch at a time. */
export class TransferSource {
  readonly #reader: JournalReader;
  #items: TransferItem[] = [];
  #dictionary: DictionaryRecords | null = null;
  #chain: ChainState = CHAIN_START;
  readonly #isPart: boolean;

  /** @param isPart frames are told without the marks of the audit chain */
  constructor(directory: string, fromSeq: number, isPart: boolean) {
    this.#isPart = isPart;
    this.#reader = openJournalReader(directory, {
      fromSeq,
      onMissing: (firstSeq, lastSeq, why) => void this.#items.push({ firstSeq, lastSeq, why }),
    });
  }

  get journalId(): string | null {
    return this.#reader.journalId;
  }

  /** What explains the items that came last. */
  get dictionary(): DictionaryRecords {
    return (this.#dictionary ??= this.#reader.dictionary);
  }

  /** Those of the next batch that has events, and the gaps in front of it; none at the end. */
  next(): readonly TransferItem[] {
    this.#items = [];
    this.#dictionary = null;
    this.#reader.readBatch((views, index, length, seq) => {
      const frame = Buffer.allocUnsafeSlow(length);
      views.bytes.copy(frame, 0, index, index + length);
      if (this.#isPart) frame.writeUInt32LE(0, ROUTE);
      this.#items.push({ firstSeq: seq, lastSeq: seq, frame });
    });
    return this.#items;
  }

  /** Where the audit chain goes on with the items that came last, if that is not where it ended; asked once for each of them. */
  takeBreak(): ChainState | null {
    const { chain } = this.#reader;
    if (chain === null || this.#isPart) return null;
    const { after, before } = chain;
    const linked = this.#items.filter(({ frame }) => frame !== undefined && frame.readUInt32LE(ROUTE) !== 0).length;
    const isBroken = before !== this.#chain.head;
    this.#chain = after;
    return isBroken ? { records: after.records - linked, head: before } : null;
  }

  /** The event of a frame as JSON; null if its type is not explained or its payload cannot be read. */
  eventOf(frame: Buffer): string | null {
    const { names } = this.dictionary;
    const views = new FrameViews(frame.buffer as ArrayBuffer);
    try {
      return toEventJson(toRecordedEvent({ views, decoder: this.#reader.decoder, names, seq: 0, causeSeq: 0 }));
    } catch (error) {
      if (error instanceof QtError) return null;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#reader.close();
  }
}

/** What the lines so far explain. */
export class Explained {
  #types = new Map<number, TypeRecord>();
  #names: Readonly<Record<string, string>> = {};
  #learned: DictionaryRecords | null = null;

  /** What has to be said so that these records hold, and no others; null for nothing. */
  learn(records: DictionaryRecords): (DictionaryRecords & { isRenewed: boolean }) | null {
    if (records === this.#learned) return null;
    this.#learned = records;
    const { names, types } = records;
    const byId = new Map(types.map((record) => [record.id, record]));
    const before = Object.entries(this.#names);
    const isGrown =
      [...this.#types].every(([id, record]) => isEqual(byId.get(id), record)) && before.every(([key, name]) => names[key] === name);
    const newTypes = types.filter(({ id }) => !isGrown || !this.#types.has(id)).toSorted((a, b) => a.id - b.id);
    const newNames = Object.entries(names)
      .filter(([key]) => !isGrown || !Object.hasOwn(this.#names, key))
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    this.#types = byId;
    this.#names = names;
    if (isGrown && newTypes.length === 0 && newNames.length === 0) return null;
    return { isRenewed: !isGrown, types: newTypes, names: Object.fromEntries(newNames) };
  }
}

function isEqual(a: TypeRecord | undefined, b: TypeRecord): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Joins ranges without events that touch. */
export class Gaps {
  #open: MissingRange | null = null;

  /** Adds one behind the others; returns the one that it ends. */
  add(next: MissingRange): MissingRange | null {
    const open = this.#open;
    const isSame = open !== null && open.why === next.why;
    this.#open = isSame ? { ...open, lastSeq: next.lastSeq } : next;
    return isSame ? null : open;
  }

  /** The open one, which ends here. */
  take(): MissingRange | null {
    const open = this.#open;
    this.#open = null;
    return open;
  }
}
