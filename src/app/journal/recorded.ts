import { statSync } from 'node:fs';
import { QtError } from '../../base/index.ts';
import { CAUSE_SEQ, decodeEvent, FrameViews, type DeliveredEvent, type EventOrigin, type FrameDecoder } from '../../codec/index.ts';
import type { QtEvent } from '../../event/index.ts';
import { openJournalReader, type JournalReader, type JournalReaderOptions } from '../../journal/index.ts';
import { QT_APP_INPUT_UNREADABLE } from '../errors.ts';

/** An event as it stands in a journal: its bytes, and what explains them. */
export interface RecordedFrame {
  readonly views: FrameViews;
  readonly seq: number;
  readonly causeSeq: number;
  readonly decoder: FrameDecoder;
  readonly names: Readonly<Record<string, string>>;
}

/**
 * The events of a journal one after the other, held a batch at a time. It takes no lock, so the journal may be growing
 * meanwhile; `next` may then find more after it had found none.
 */
export class RecordedFrames {
  readonly #reader: JournalReader;
  #frames: RecordedFrame[] = [];
  #position = 0;

  /** @throws QtError QT_APP_INPUT_UNREADABLE, QT_JOURNAL_DAMAGED, QT_JOURNAL_VERSION_UNSUPPORTED */
  constructor(directory: string, options: Omit<JournalReaderOptions, 'fs'> = {}) {
    checkDirectory(directory);
    this.#reader = openJournalReader(directory, options);
  }

  /**
   * The next event, or null at the end.
   *
   * @throws QtError QT_JOURNAL_DAMAGED, QT_JOURNAL_VERSION_UNSUPPORTED
   */
  next(): RecordedFrame | null {
    if (this.#position === this.#frames.length) this.#readBatch();
    const frame = this.#frames[this.#position];
    if (frame === undefined) return null;
    this.#position++;
    return frame;
  }

  /** Events between those that were read which retention had removed. */
  get removedRecords(): number {
    return this.#reader.removedRecords;
  }

  /** Events between those that were read which a repair had given up. */
  get lostRecords(): number {
    return this.#reader.lostRecords;
  }

  close(): void {
    this.#reader.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #readBatch(): void {
    const reader = this.#reader;
    const copies: { views: FrameViews; seq: number }[] = [];
    reader.readBatch((views, index, length, seq) => {
      const copy = Buffer.allocUnsafeSlow(length);
      views.bytes.copy(copy, 0, index, index + length);
      copies.push({ views: new FrameViews(copy.buffer as ArrayBuffer), seq });
    });
    // A segment has one dictionary, and a batch lies in one segment.
    const { decoder } = reader;
    const { names } = reader.dictionary;
    this.#frames = copies.map(({ views, seq }) => ({ views, seq, causeSeq: views.f64[CAUSE_SEQ >> 3]!, decoder, names }));
    this.#position = 0;
  }
}

/** @throws QtError QT_APP_INPUT_UNREADABLE if there is no such directory */
export function checkDirectory(directory: string): void {
  const stats = statSync(directory, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) return;
  const reason = stats === undefined ? 'there is no such directory' : 'it is a file, not the directory of a journal';
  throw new QtError(QT_APP_INPUT_UNREADABLE, `Cannot read the journal ${directory}: ${reason}`, { details: { directory } });
}

/**
 * Reads the event of a frame.
 *
 * @throws QtError QT_CODEC_DAMAGED, QT_CODEC_TYPE_UNKNOWN, QT_CODEC_SCHEMA_MISMATCH
 */
export function toRecordedEvent(frame: RecordedFrame): QtEvent<object> {
  return toDelivered(frame).toJSON();
}

/** The event of a frame as its handlers saw it. */
export function toDelivered({ decoder, names, views }: RecordedFrame): DeliveredEvent {
  return decodeEvent(views, 0, decoder, originOf(names));
}

/** Run and sources as the bus names them to its log: itself, and its subscriptions by number. */
function originOf(names: Readonly<Record<string, string>>): EventOrigin {
  return { runId: names['run'] ?? '', sourceOf: (id) => names[`source.${id}`] ?? names['source'] ?? '' };
}

/** Reads the events that a reader is at, inside its callback. */
export class EventDecoding {
  readonly #reader: JournalReader;
  #decoder: FrameDecoder | null = null;
  #origin: EventOrigin = originOf({});

  constructor(reader: JournalReader) {
    this.#reader = reader;
  }

  /** @throws QtError QT_CODEC_DAMAGED, QT_CODEC_TYPE_UNKNOWN, QT_CODEC_SCHEMA_MISMATCH */
  event(views: FrameViews, index: number): DeliveredEvent {
    const { decoder } = this.#reader;
    if (decoder !== this.#decoder) {
      // Names change with the decoder only, and reading them takes long.
      this.#decoder = decoder;
      this.#origin = originOf(this.#reader.dictionary.names);
    }
    return decodeEvent(views, index, decoder, this.#origin);
  }
}
