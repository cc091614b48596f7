import { PRIORITIES, type Priority, type QtEvent } from '../event/index.ts';
import type { FrameDecoder } from './decoder.ts';
import {
  CAUSE_SEQ,
  CORRELATION_SEQ,
  EMIT_INDEX,
  LANE,
  SEQ,
  SOURCE,
  TIMESTAMP,
  TS_INIT,
  VERSION,
  type FrameViews,
  type Meta,
} from './frame.ts';

/** What the getters of an event need to name things. */
export interface EventOrigin {
  readonly runId: string;
  /** `source` for a subscription id; 0 stands for the bus itself. */
  sourceOf(subscription: number): string;
}

/**
 * An event as handlers see it. Strings that few handlers read (ids, source, priority) are made when asked for.
 */
export class DeliveredEvent implements QtEvent {
  readonly type: string;
  readonly v: number;
  readonly seq: number;
  readonly timestamp: number;
  readonly tsInitUs: number;
  readonly payload: Record<string, unknown>;
  readonly key: string | null;
  readonly causeSeq: number;
  readonly emitIndex: number;
  readonly #lane: number;
  readonly #correlationSeq: number;
  readonly #subscription: number;
  readonly #meta: Meta | null;
  readonly #origin: EventOrigin;

  constructor(
    type: string,
    v: number,
    seq: number,
    timestamp: number,
    tsInitUs: number,
    payload: Record<string, unknown>,
    key: string | null,
    causeSeq: number,
    emitIndex: number,
    lane: number,
    correlationSeq: number,
    subscription: number,
    meta: Meta | null,
    origin: EventOrigin,
  ) {
    this.type = type;
    this.v = v;
    this.seq = seq;
    this.timestamp = timestamp;
    this.tsInitUs = tsInitUs;
    this.payload = payload;
    this.key = key;
    this.causeSeq = causeSeq;
    this.emitIndex = emitIndex;
    this.#lane = lane;
    this.#correlationSeq = correlationSeq;
    this.#subscription = subscription;
    this.#meta = meta;
    this.#origin = origin;
    Object.freeze(this);
  }

  get id(): string {
    return `${this.#origin.runId}-${this.seq}`;
  }

  get runId(): string {
    return this.#origin.runId;
  }

  get priority(): Priority {
    return PRIORITIES[this.#lane] ?? 'NORMAL';
  }

  get source(): string {
    return this.#meta?.s ?? this.#origin.sourceOf(this.#subscription);
  }

  get correlationId(): string {
    return this.#meta?.c ?? `${this.#origin.runId}-${this.#correlationSeq}`;
  }

  get causationId(): string | null {
    return this.#meta?.k ?? (this.causeSeq === 0 ? null : `${this.#origin.runId}-${this.causeSeq}`);
  }

  /** The explicit correlation of the chain, which derived events carry on; undefined when it is a seq. */
  static correlationOf(event: DeliveredEvent): string | undefined {
    return event.#meta?.c;
  }

  /** What went wrong in earlier deliveries, as JSON; undefined when nothing did. */
  static failuresOf(event: DeliveredEvent): string | undefined {
    return event.#meta?.f;
  }

  static correlationSeqOf(event: DeliveredEvent): number {
    return event.#correlationSeq;
  }

  toJSON(): QtEvent {
    const { id, type, v, seq, timestamp, tsInitUs, payload, priority, key, source } = this;
    const { correlationId, causationId, causeSeq, emitIndex, runId } = this;
    return {
      id,
      type,
      v,
      seq,
      timestamp,
      tsInitUs,
      payload,
      priority,
      key,
      source,
      correlationId,
      causationId,
      causeSeq,
      emitIndex,
      runId,
    };
  }
}

/** Reads the event of a frame. */
export function decodeEvent(views: FrameViews, index: number, decoder: FrameDecoder, origin: EventOrigin): DeliveredEvent {
  const entry = decoder.plainEntry(views, index);
  return new DeliveredEvent(
    entry === null ? decoder.type(views, index) : entry.type,
    views.u16[(index + VERSION) >> 1]!,
    views.f64[(index + SEQ) >> 3]!,
    views.f64[(index + TIMESTAMP) >> 3]!,
    views.f64[(index + TS_INIT) >> 3]!,
    ((entry === null ? null : decoder.flatPayload(views, index, entry)) ?? decoder.payload(views, index)) as Record<string, unknown>,
    entry === null ? decoder.key(views, index) : decoder.plainKey(views, index),
    views.f64[(index + CAUSE_SEQ) >> 3]!,
    views.u16[(index + EMIT_INDEX) >> 1]!,
    views.u8[index + LANE]!,
    views.f64[(index + CORRELATION_SEQ) >> 3]!,
    views.u16[(index + SOURCE) >> 1]!,
    entry === null ? decoder.meta(views, index) : null,
    origin,
  );
}
