/**
 * What the process that is killed has said it keeps, and what was found in its journal after earlier kills; compares both
 * with what is found now.
 */
import { openJournalReader, verifyJournal, type VerifyReport } from '../../../src/journal/index.ts';
import { expectedEvent, stableCrc, Tick, TICKS_KEPT, typeOfSeq } from './events.ts';

/** Events that were found before are compared by their checksums each time, and by their meaning when they are new. */
export class Ledger {
  /** Newest seq that was acknowledged, over all lives of the process. */
  keptSeq = 0;
  /** Newest seq that was found in the journal. */
  lastSeq = 0;
  /** Checksums that were compared with the one that the publisher was given. */
  comparedBytes = 0;
  /** Events that retention had removed when they were last looked for. */
  removed = 0;
  readonly #directory: string;
  readonly #seed: number;
  /** By seq, 0 for unknown: what the publisher's bus had committed, then what the journal held. */
  #crcs = new Uint32Array(1 << 16);
  #isFromLog = new Uint8Array(1 << 16);

  constructor(directory: string, seed: number) {
    this.#directory = directory;
    this.#seed = seed;
  }

  /** The publisher was told that these are kept. */
  keep(fromSeq: number, crcs: Uint32Array): void {
    for (const [i, crc] of crcs.entries()) {
      this.#grow(fromSeq + i);
      this.#crcs[fromSeq + i] = crc;
    }
    this.keptSeq = Math.max(this.keptSeq, fromSeq + crcs.length - 1);
  }

  /**
   * Reads the whole journal, which nobody has open.
   *
   * @throws Error that says which promise was broken
   */
  check(): VerifyReport {
    const report = verifyJournal(this.#directory);
    const { fault } = report;
    if (fault !== null) throw new Error(`verify finds at byte ${fault.offset} of ${fault.file}: ${fault.reason}`);
    if (report.lostRecords > 0) throw new Error(`${report.lostRecords} records are marked as lost`);
    if (report.lastSeq < this.keptSeq) throw new Error(`seq ${this.keptSeq} was acknowledged, but the journal ends at ${report.lastSeq}`);
    if (report.lastSeq < this.lastSeq) throw new Error(`the journal ended at ${this.lastSeq} before and ends at ${report.lastSeq} now`);
    const found = this.#read();
    if (found !== report.lastSeq) throw new Error(`verify reaches seq ${report.lastSeq}, and a reader ${found}`);
    this.lastSeq = found;
    return report;
  }

  #read(): number {
    using reader = openJournalReader(this.#directory);
    const missing: number[] = [];
    let previous = 0;
    reader.readAll((views, index, length, seq) => {
      if (seq <= previous) throw new Error(`seq ${seq} comes behind ${previous}`);
      for (let gap = previous + 1; gap < seq; gap++) missing.push(gap);
      previous = seq;
      this.#grow(seq);
      const crc = stableCrc(views.bytes, index, length);
      const known = this.#crcs[seq]!;
      if (known !== 0 && known !== crc)
        throw new Error(`seq ${seq} has other bytes than ${this.#isFromLog[seq] === 1 ? 'before' : 'the event that was committed'}`);
      if (this.#isFromLog[seq] === 1) return;
      if (known !== 0) this.comparedBytes++;
      const expected = expectedEvent(this.#seed, seq);
      const { decoder } = reader;
      const event = { type: decoder.type(views, index), key: decoder.key(views, index), payload: decoder.payload(views, index) };
      const isSame =
        event.type === expected.type &&
        event.key === expected.key &&
        Object.entries(expected.payload).every(([field, value]) => (event.payload as Record<string, unknown>)[field] === value);
      if (!isSame) throw new Error(`seq ${seq} is not the event that was published: ${JSON.stringify(event).slice(0, 200)}`);
      this.#crcs[seq] = crc;
      this.#isFromLog[seq] = 1;
    });
    this.removed = missing.length;
    const last = Math.max(previous, reader.nextSeq - 1);
    const wrong = missing.find((seq) => typeOfSeq(seq) !== Tick.type || seq > last - TICKS_KEPT);
    if (wrong !== undefined) throw new Error(`seq ${wrong} is missing, which retention must leave`);
    return last;
  }

  #grow(seq: number): void {
    if (seq < this.#crcs.length) return;
    const length = 2 ** Math.ceil(Math.log2(seq + 1));
    const [crcs, isFromLog] = [new Uint32Array(length), new Uint8Array(length)];
    crcs.set(this.#crcs);
    isFromLog.set(this.#isFromLog);
    this.#crcs = crcs;
    this.#isFromLog = isFromLog;
  }
}
