import { isDeepStrictEqual } from 'node:util';
import { CAUSE_SEQ, FrameDecoder, FrameViews, HEADER_BYTES, TIMESTAMP, TypeTable, type TypeRecord } from '../../../codec/index.ts';
import type { RecordedFrames } from '../recorded.ts';

/** What two runs must agree on about an event. */
export interface EventSide {
  /** 0 for an event that the recording does not have. */
  readonly seq: number;
  readonly type: string;
  readonly key: string | null;
  /** Event time, microseconds since 1970. */
  readonly timestamp: number;
  readonly causeSeq: number;
  readonly payload: object;
}

/** The first place where a recording and its repetition part. A side is null where it has no event. */
export interface Difference {
  /** Of the recorded event; of the cause, if a free-running recording has no event here. */
  readonly seq: number;
  readonly recorded: EventSide | null;
  readonly recomputed: EventSide | null;
}

/**
 * Holds the events of a bus against a recording, one by one in commit order: type, key, time, cause and payload. When
 * they were accepted, and how their types and sources are numbered, may differ.
 */
export class Comparison {
  /** Events that were equal. */
  compared = 0;
  readonly #frames: RecordedFrames;
  readonly #table = new TypeTable();
  readonly #decoder = new FrameDecoder(this.#table);

  constructor(frames: RecordedFrames) {
    this.#frames = frames;
  }

  /** The types of the bus, before the first event that has them. */
  learn(records: readonly TypeRecord[]): void {
    this.#table.addRecords(records);
  }

  /**
   * Takes the next event of the bus.
   *
   * @returns null if the recording has the same at this place
   * @throws QtError QT_JOURNAL_DAMAGED
   */
  check(bytes: Buffer, offset: number, length: number, seq: number): Difference | null {
    const copy = Buffer.allocUnsafeSlow(length);
    bytes.copy(copy, 0, offset, offset + length);
    const views = new FrameViews(copy.buffer as ArrayBuffer);
    const recorded = this.#frames.next();
    if (recorded !== null && recorded.seq === seq && isSameEvent(recorded.views, recorded.decoder, views, this.#decoder)) {
      this.compared++;
      return null;
    }
    const recomputed = toSide(views, this.#decoder, seq);
    return { seq, recorded: recorded === null ? null : toSide(recorded.views, recorded.decoder, recorded.seq), recomputed };
  }

  /** The difference that lies in the end of the bus: the recording goes on, or null if it ends here too. */
  finish(): Difference | null {
    const more = this.#frames.next();
    return more === null ? null : { seq: more.seq, recorded: toSide(more.views, more.decoder, more.seq), recomputed: null };
  }
}

/** True if two frames, each with its decoder, are of one event: type, key, time, cause and payload. */
export function isSameEvent(a: FrameViews, decoderA: FrameDecoder, b: FrameViews, decoderB: FrameDecoder): boolean {
  if (decoderA.type(a, 0) !== decoderB.type(b, 0)) return false;
  if (a.f64[TIMESTAMP >> 3] !== b.f64[TIMESTAMP >> 3] || a.f64[CAUSE_SEQ >> 3] !== b.f64[CAUSE_SEQ >> 3]) return false;
  const isSameBytes = Buffer.compare(a.bytes.subarray(HEADER_BYTES), b.bytes.subarray(HEADER_BYTES)) === 0;
  if (isSameBytes && decoderA.key(a, 0) === decoderB.key(b, 0)) return true;
  return isDeepStrictEqual(toSide(a, decoderA, 0), toSide(b, decoderB, 0));
}

/** What is compared of a frame, decoded. */
export function toSide(views: FrameViews, decoder: FrameDecoder, seq: number): EventSide {
  return {
    seq,
    type: decoder.type(views, 0),
    key: decoder.key(views, 0),
    timestamp: views.f64[TIMESTAMP >> 3]!,
    causeSeq: views.f64[CAUSE_SEQ >> 3]!,
    payload: decoder.payload(views, 0),
  };
}
