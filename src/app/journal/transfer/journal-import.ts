import { QtError, toErrorRecord } from '../../../base/index.ts';
import { FrameViews, HEADER_BYTES, KEY_LENGTH, LENGTH, META_LENGTH, SEQ, TypeTable } from '../../../codec/index.ts';
import { defaultJournalOptions, openJournal, type ChainState, type DictionaryRecords, type Journal } from '../../../journal/index.ts';
import { QT_APP_TRANSFER_DAMAGED } from '../../errors.ts';
import type { InputLine } from './input-lines.ts';
import { RUN_FILE, writeRunText } from '../run-file.ts';
import { LineReader, TRANSFER_FORMAT, TRANSFER_VERSION, type TransferRecord } from './format.ts';
import type { TransferReport } from './lines.ts';

/** Frames may be an eighth of the ring, and the ring 256 MiB. */
const RING_SHARE = 8;
const RING_BYTES_MAX = 256 * 1024 * 1024;

/** Turns the lines of a file into a journal, in their order. Each is checked before anything of it is written. */
export class JournalImport {
  readonly #directory: string;
  /** Of the file, for messages. */
  readonly #name: string;
  readonly #reader = new LineReader();
  #journal: Journal | null = null;
  #dictionary: DictionaryRecords = { types: [], names: {} };
  #report: TransferReport | null = null;
  #events = 0;
  #at: Pick<InputLine, 'number' | 'offset'> = { number: 1, offset: 0 };

  constructor(directory: string, name: string) {
    this.#directory = directory;
    this.#name = name;
  }

  /**
   * Takes the next line.
   *
   * @returns what to wait for before the next one; nothing most of the time
   * @throws QtError QT_APP_TRANSFER_DAMAGED with the place; also rejects with it
   */
  add(line: InputLine): Promise<void> | undefined {
    this.#at = line;
    const record = this.#reader.read(line.bytes);
    if (typeof record === 'string') throw this.#damaged(record);
    if (this.#report !== null) throw this.#damaged('it stands behind the end');
    if (this.#journal === null) return this.#begin(record);
    if ('seq' in record) return this.#append(this.#journal, record.seq, Buffer.from(record.frame, 'base64'));
    if ('missing' in record) this.#skip(this.#journal, record.missing);
    else if ('chain' in record) this.#continueChain(this.#journal, record.chain);
    else if ('dictionary' in record) this.#explain(this.#journal, record.dictionary);
    else if ('end' in record) this.#end(this.#journal, record.end);
    else if ('file' in record && record.file.name === RUN_FILE) return writeRunText(this.#directory, record.file.text);
    else throw this.#damaged('it is of no known kind');
    return undefined;
  }

  /**
   * Closes the journal; everything is on the disk then.
   *
   * @throws QtError QT_APP_TRANSFER_DAMAGED and those of the journal
   */
  async finish(): Promise<TransferReport> {
    if (this.#report === null) throw this.#damaged('the end is missing behind it: the file was cut');
    await this.#journal?.close();
    return this.#report;
  }

  /** Lets go of the files. */
  async abandon(): Promise<void> {
    // What failed before is what counts.
    await this.#journal?.close().catch(() => {});
  }

  async #begin(record: TransferRecord): Promise<void> {
    if (!('format' in record) || record.format !== TRANSFER_FORMAT) throw this.#damaged('a journal that was exported begins otherwise');
    if (record.version !== TRANSFER_VERSION) throw this.#damaged(`its version is ${record.version}, this code reads ${TRANSFER_VERSION}`);
    if (!/^[0-9a-f]{32}$/.test(record.journalId)) throw this.#damaged('it has no journal id');
    this.#journal = await openJournal(this.#directory, { journalId: record.journalId, isCopy: true });
  }

  #append(journal: Journal, seq: number, frame: Buffer): Promise<void> | undefined {
    const fault = faultOfFrame(frame, seq, journal.lastSeq + 1);
    if (fault !== null) throw this.#damaged(fault);
    if (frame.length > journal.frameBytesMax) return this.#appendLong(journal, seq, frame);
    this.#events++;
    // A copy, because a decoded buffer lies anywhere in a larger one.
    journal.append(new FrameViews(new Uint8Array(frame).buffer), 0, frame.length, seq);
    if (journal.failure !== null) throw journal.failure;
    return journal.accepts(journal.frameBytesMax) ? undefined : journal.whenDurable(seq);
  }

  /** Opens the journal again, with a ring that it fits into. */
  async #appendLong(journal: Journal, seq: number, frame: Buffer): Promise<void> {
    const ringBytes = 2 ** Math.ceil(Math.log2(frame.length * RING_SHARE + defaultJournalOptions.ringBytes));
    if (ringBytes > RING_BYTES_MAX) throw this.#damaged(`its frame has ${frame.length} bytes, more than a journal takes`);
    await journal.close();
    const larger = await openJournal(this.#directory, { ringBytes, isCopy: true });
    this.#journal = larger;
    // A process declares what it knows; the segments to come carry it.
    larger.types(this.#dictionary.types);
    larger.names(this.#dictionary.names);
    await this.#append(larger, seq, frame);
  }

  #skip(journal: Journal, { firstSeq, lastSeq, why }: { firstSeq: number; lastSeq: number; why: string }): void {
    const isRange = firstSeq === journal.lastSeq + 1 && Number.isSafeInteger(lastSeq) && lastSeq >= firstSeq;
    if (!isRange || (why !== 'removed' && why !== 'lost')) throw this.#damaged(`no such range can follow seq ${journal.lastSeq}`);
    journal.skip(lastSeq, why);
  }

  #continueChain(journal: Journal, { head, records }: ChainState): void {
    if (!/^[0-9a-f]{64}$/.test(head) || !Number.isSafeInteger(records)) throw this.#damaged('no audit chain can go on from it');
    journal.continueChain({ head, records });
  }

  #explain(journal: Journal, { isRenewed, names, types }: DictionaryRecords & { isRenewed: boolean }): void {
    const known = isRenewed ? { types: [], names: {} } : this.#dictionary;
    try {
      this.#dictionary = { types: [...known.types, ...types], names: { ...known.names, ...names } };
      TypeTable.fromRecords(this.#dictionary.types);
    } catch (error) {
      throw this.#damaged(`its types cannot be used: ${toErrorRecord(error).message}`);
    }
    if (isRenewed) journal.renewDictionary();
    journal.types(types);
    journal.names(names);
  }

  #end(journal: Journal, { events, lastSeq, sha256 }: { events: number; lastSeq: number; sha256: string }): void {
    if (lastSeq !== journal.lastSeq || events !== this.#events) {
      throw this.#damaged(`it tells of ${events} events up to seq ${lastSeq}, and ${this.#events} up to ${journal.lastSeq} were there`);
    }
    if (sha256 !== this.#reader.contentHash()) throw this.#damaged('the SHA-256 of what stands before it is another');
    this.#report = { journalId: journal.journalId, events, lastSeq, sha256 };
  }

  #damaged(reason: string): QtError {
    const { number, offset } = this.#at;
    return new QtError(QT_APP_TRANSFER_DAMAGED, `Cannot import ${this.#name}: line ${number} at byte ${offset}: ${reason}`, {
      details: { source: this.#name, line: number, offset },
    });
  }
}

function faultOfFrame(frame: Buffer, seq: number, expectedSeq: number): string | null {
  if (frame.length < HEADER_BYTES || frame.readInt32LE(LENGTH) !== frame.length) return `its frame of ${frame.length} bytes is not whole`;
  if (frame.readDoubleLE(SEQ) !== seq) return `its frame has seq ${frame.readDoubleLE(SEQ)}, the line ${seq}`;
  if (seq !== expectedSeq) return `seq ${seq} stands where ${expectedSeq} must`;
  const end = HEADER_BYTES + frame.readUInt16LE(KEY_LENGTH) + frame.readUInt16LE(META_LENGTH);
  return end > frame.length ? 'the key of its frame is longer than the frame' : null;
}
