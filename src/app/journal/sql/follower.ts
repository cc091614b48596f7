import { QtError } from '../../../base/index.ts';
import { openJournalReader, type JournalReader } from '../../../journal/index.ts';
import type { EventDatabase } from '../../../observe/index.ts';
import { EventDecoding } from '../recorded.ts';
import { agreedSeq } from './agreement.ts';

/** Where it is in the journal. */
interface Place {
  readonly reader: JournalReader;
  readonly decoding: EventDecoding;
}

/**
 * Moves the events of a journal into a database, in transactions that carry the position with them. Takes no lock on the
 * journal, which may be growing in this process or another one, and asks nothing of who writes it.
 */
export class SqlFollower {
  /** Events that the database had and the journal has lost; they were taken back at the start. */
  readonly removedEvents: number;
  readonly #directory: string;
  readonly #database: EventDatabase;
  readonly #batchEvents: number;
  #place: Place | null = null;
  #isCareful = false;

  /**
   * @param batchEvents events from which on a transaction is ended
   * @throws QtError QT_SQL_FILE_OTHER_JOURNAL, and those of the database and the journal
   */
  constructor(directory: string, database: EventDatabase, batchEvents: number) {
    this.#directory = directory;
    this.#database = database;
    this.#batchEvents = batchEvents;
    const agreed = agreedSeq(directory, database);
    this.removedEvents = agreed < database.position ? database.cutAfter(agreed) : 0;
  }

  /**
   * Moves a transaction's worth of events.
   *
   * @returns how many; 0 if the journal has no more now
   * @throws QtError of the database or the journal; a later call goes on behind what was committed
   */
  step(): number {
    const database = this.#database;
    const { decoding, reader } = (this.#place ??= this.#open());
    try {
      let added = 0;
      const enough = this.#isCareful ? 1 : this.#batchEvents;
      while (added < enough) {
        const count = reader.readBatch((views, index) => database.add(decoding.event(views, index)));
        if (count === 0) break;
        added += count;
      }
      if (reader.journalId !== null) database.bind(reader.journalId);
      if (added > 0) database.commit(reader.nextSeq - 1);
      return added;
    } catch (error) {
      this.close();
      database.rollback();
      if (this.#isCareful || !hasJournalCode(error)) throw error;
      // What lies before the damage is still to be had, if it is taken batch by batch.
      this.#isCareful = true;
      return this.step();
    }
  }

  close(): void {
    this.#place?.reader.close();
    this.#place = null;
  }

  #open(): Place {
    const reader = openJournalReader(this.#directory, { fromSeq: this.#database.position + 1 });
    return { reader, decoding: new EventDecoding(reader) };
  }
}

function hasJournalCode(error: unknown): boolean {
  return error instanceof QtError && /^QT_(JOURNAL|CODEC)_/.test(error.code);
}
