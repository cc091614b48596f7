import { QtError, toErrorRecord, type ErrorRecord } from '../base/index.ts';
import {
  ATTEMPT,
  CAUSE_SEQ,
  CORRELATION_SEQ,
  EMIT_INDEX,
  FLAG_ACK,
  FLAG_DYNAMIC,
  FLAG_NO_KEY,
  FLAG_RELEASE,
  FLAG_RETRY,
  FLAGS,
  type FrameViews,
  LANE,
  SEQ,
  SOURCE,
  TIMESTAMP,
  TS_INIT,
  TYPE_ID,
  type FrameDecoder,
  type FrameEncoder,
  type TypeEntry,
  type TypeRecord,
  type TypeTable,
} from '../codec/index.ts';
import { definitionOf, PRIORITIES, type EventInput, type QtEvent } from '../event/index.ts';
import type { LogReader } from './event-log.ts';
import type { Intake } from './intake.ts';
import { copyFrame } from './replies.ts';

/** A frame of this bus made from one of the log. */
export interface RecordedFrame {
  readonly type: string;
  readonly frame: Buffer;
  /** Set if the event does not fit what its type means today: the frame then is as it was recorded, without a type. */
  readonly error: ErrorRecord | null;
}

export interface RecordedFramesParts {
  readonly table: TypeTable;
  readonly intake: Intake;
  readonly encoder: FrameEncoder;
  /** Number of a source on this bus. */
  readonly sourceId: (name: string) => number;
}

interface Dictionary {
  readonly types: ReadonlyMap<string, TypeRecord>;
  readonly names: Readonly<Record<string, string>>;
}

/** Words that say when and why an event was: they survive every translation. */
const FACTS = [SEQ, CAUSE_SEQ, TIMESTAMP, TS_INIT, CORRELATION_SEQ] as const;

/**
 * Turns frames of the log into frames of this bus, which numbers types and sources anew in every process. The bytes of key
 * and payload are kept as long as the type means the same; else the event is read as it was written and encoded as it is
 * written now.
 */
export class RecordedFrames {
  readonly #parts: RecordedFramesParts;
  /** What explains the frames that a decoder reads; each batch may bring another one. */
  readonly #dictionaries = new WeakMap<FrameDecoder, Dictionary>();

  constructor(parts: RecordedFramesParts) {
    this.#parts = parts;
  }

  /** @returns a frame in a buffer of its own, as for a first delivery */
  restore(views: FrameViews, index: number, length: number, reader: LogReader): RecordedFrame {
    const { decoder } = reader;
    const type = decoder.type(views, index);
    const entry = this.#entryOf(type);
    const isDynamic = (views.u8[index + FLAGS]! & FLAG_DYNAMIC) !== 0;
    if (isDynamic ? entry.isDynamic : isSame(entry, this.#dictionaryOf(reader).types.get(type))) {
      const frame = copyFrame(views.bytes, index, length);
      frame.writeUInt16LE(entry.id, TYPE_ID);
      return { type, frame: this.#finish(frame, reader), error: null };
    }
    try {
      return { type, frame: this.#finish(this.#encodeAnew(views, index, reader, type), reader), error: null };
    } catch (error) {
      if (!(error instanceof QtError)) throw error;
      const frame = copyFrame(views.bytes, index, length);
      // No type has this number: read as today's type, the payload would be something else.
      frame.writeUInt16LE(0, TYPE_ID);
      return { type, frame: this.#finish(frame, reader), error: toErrorRecord(error) };
    }
  }

  /**
   * A frame for an event that somebody kept as such, as for a first delivery.
   *
   * @throws QtError QT_EVENT_PAYLOAD_INVALID, QT_CODEC_TOO_LARGE if it does not fit what its type means today
   */
  encode(event: QtEvent): Buffer {
    const { causationId, causeSeq, correlationId, emitIndex, key, payload, priority, seq, source, timestamp, tsInitUs, type } = event;
    const { encoder, intake } = this.#parts;
    const envelope = { type, payload, priority, source, correlationId, ...(key === null ? {} : { key }) };
    const length = intake.encode(causationId === null ? envelope : { ...envelope, causationId });
    const frame = copyFrame(encoder.views.bytes, 0, length);
    const facts = { [SEQ]: seq, [CAUSE_SEQ]: causeSeq, [TIMESTAMP]: timestamp, [TS_INIT]: tsInitUs, [CORRELATION_SEQ]: seq };
    for (const offset of FACTS) frame.writeDoubleLE(facts[offset], offset);
    frame.writeUInt16LE(emitIndex, EMIT_INDEX);
    frame.writeUInt16LE(1, ATTEMPT);
    return frame;
  }

  #encodeAnew(views: FrameViews, index: number, reader: LogReader, type: string): Buffer {
    const { encoder, intake } = this.#parts;
    const { decoder } = reader;
    const meta = decoder.meta(views, index);
    const hasKey = (views.u8[index + FLAGS]! & FLAG_NO_KEY) === 0;
    const input: EventInput = {
      type,
      payload: decoder.payload(views, index),
      priority: PRIORITIES[views.u8[index + LANE]!]!,
      ...(hasKey ? { key: decoder.key(views, index)! } : {}),
      ...(meta?.s === undefined ? {} : { source: meta.s }),
      ...(meta?.c === undefined ? {} : { correlationId: meta.c }),
      ...(meta?.k === undefined ? {} : { causationId: meta.k }),
    };
    const frame = copyFrame(encoder.views.bytes, 0, intake.encode(input));
    for (const offset of FACTS) frame.writeDoubleLE(views.f64[(index + offset) >> 3]!, offset);
    frame.writeUInt16LE(views.u16[(index + EMIT_INDEX) >> 1]!, EMIT_INDEX);
    frame.writeUInt16LE(views.u16[(index + SOURCE) >> 1]!, SOURCE);
    return frame;
  }

  #finish(frame: Buffer, reader: LogReader): Buffer {
    const { names } = this.#dictionaryOf(reader);
    const source = frame.readUInt16LE(SOURCE);
    const name = source === 0 ? names['source'] : names[`source.${source}`];
    frame.writeUInt16LE(name === undefined ? 0 : this.#parts.sourceId(name), SOURCE);
    frame.writeUInt16LE(1, ATTEMPT);
    frame.writeUInt8(frame.readUInt8(FLAGS) & ~(FLAG_RETRY | FLAG_RELEASE | FLAG_ACK), FLAGS);
    return frame;
  }

  #entryOf(type: string): TypeEntry {
    const { table } = this.#parts;
    const known = table.byType(type);
    if (known !== undefined) return known;
    const definition = definitionOf(type);
    return definition === undefined ? table.addDynamic(type) : table.addDefinition(definition);
  }

  #dictionaryOf(reader: LogReader): Dictionary {
    let known = this.#dictionaries.get(reader.decoder);
    if (known === undefined) {
      const { names, types } = reader.dictionary;
      known = { names, types: new Map(types.map((record) => [record.type, record])) };
      this.#dictionaries.set(reader.decoder, known);
    }
    return known;
  }
}

function isSame(entry: TypeEntry, record: TypeRecord | undefined): boolean {
  return !entry.isDynamic && entry.schemaHash === record?.schemaHash && entry.version === record.version;
}
