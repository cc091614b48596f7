import { QtError } from '../../base/index.ts';
import type { FrameViews, TypeRecord } from '../../codec/index.ts';
import type { EventLog } from '../../engine/index.ts';
import type { Journal } from '../../journal/index.ts';
import { QT_REPLAY_DIFFERS } from '../errors.ts';
import { Comparison, type Difference } from './replay/comparison.ts';
import { describeFields, describeSide } from './replay/difference-text.ts';
import { RecordedFrames } from './recorded.ts';

/**
 * A journal that is written a second time from its first event on. What it holds already is compared with what comes
 * and not appended again; beyond its end it goes on. To the bus it is an empty log that takes everything.
 *
 * The first difference is its failure: from there on it takes nothing, and the journal stays as it was.
 */
export class ResumingLog implements EventLog {
  readonly journalId: string;
  readonly level: EventLog['level'];
  readonly #journal: Journal;
  readonly #recordedSeq: number;
  readonly #frames: RecordedFrames;
  readonly #comparison: Comparison;
  readonly #listeners = new Set<(failure: Error) => void>();
  #types: TypeRecord[] = [];
  #names: Record<string, string> = {};
  #lastSeq = 0;
  #failure: QtError | null = null;

  /** @param journal just opened, so that nothing has been appended since */
  constructor(journal: Journal) {
    this.journalId = journal.journalId;
    this.level = journal.level;
    this.#journal = journal;
    this.#recordedSeq = journal.lastSeq;
    this.#frames = new RecordedFrames(journal.directory);
    this.#comparison = new Comparison(this.#frames);
  }

  /** Events that were there already and are the same. */
  get compared(): number {
    return this.#comparison.compared;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get failure(): Error | null {
    return this.#failure ?? this.#journal.failure;
  }

  accepts(length: number): boolean {
    return this.failure === null && (this.#isComparing() || this.#journal.accepts(length));
  }

  append(source: FrameViews, index: number, length: number, seq: number): void {
    if (this.failure !== null) return;
    this.#lastSeq = seq;
    if (seq <= this.#recordedSeq) this.#compare(source.bytes, index, length, seq);
    else this.#journal.append(source, index, length, seq);
  }

  flush(): void {
    if (!this.#isComparing()) this.#journal.flush();
  }

  types(records: readonly TypeRecord[]): void {
    this.#comparison.learn(records);
    if (this.#isComparing()) this.#types.push(...records);
    else this.#journal.types(records);
  }

  names(names: Readonly<Record<string, string>>): void {
    if (this.#isComparing()) Object.assign(this.#names, names);
    else this.#journal.names(names);
  }

  whenDurable(seq: number): Promise<void> {
    return this.#failure === null ? this.#journal.whenDurable(seq) : Promise.reject(this.#failure);
  }

  onSpace(callback: () => void): void {
    this.#journal.onSpace(callback);
  }

  onFailure(callback: (failure: Error) => void): void {
    if (this.#failure !== null) {
      callback(this.#failure);
      return;
    }
    this.#listeners.add(callback);
    this.#journal.onFailure(callback);
  }

  close(): void {
    this.#frames.close();
  }

  #isComparing(): boolean {
    return this.#lastSeq < this.#recordedSeq;
  }

  #compare(bytes: Buffer, offset: number, length: number, seq: number): void {
    try {
      const difference = this.#comparison.check(bytes, offset, length, seq);
      if (difference !== null) this.#fail(differs(difference, this.#journal.directory));
    } catch (error) {
      // A segment that was taken for sound by its index and is not.
      if (!(error instanceof QtError)) throw error;
      this.#fail(error);
    }
    if (this.#isComparing() || this.#failure !== null) return;
    // From the next event on the journal is written, and must know what this bus has declared until now.
    this.#journal.types(this.#types);
    this.#journal.names(this.#names);
    this.#types = [];
    this.#names = {};
  }

  #fail(failure: QtError): void {
    this.#failure = failure;
    for (const callback of this.#listeners) callback(failure);
  }
}

function differs(difference: Difference, directory: string): QtError {
  const { recomputed, recorded, seq } = difference;
  const fields = describeFields(difference);
  const inside = fields.length === 0 ? '' : ` (${fields.join('; ')})`;
  const sides = `recorded ${describeSide(recorded)}; now ${describeSide(recomputed)}${inside}`;
  return new QtError(QT_REPLAY_DIFFERS, `Cannot go on with the run in ${directory}: its event ${seq} comes out otherwise: ${sides}`, {
    details: { directory, seq, recorded, recomputed },
  });
}
