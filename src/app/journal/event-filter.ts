import { TIMESTAMP } from '../../codec/index.ts';
import { checkPattern, matches } from '../../event/index.ts';
import { toRecordedEvent, type RecordedFrame } from './recorded.ts';

/** Which events are wanted; what is absent or empty excludes none. */
export interface EventSelection {
  /** Types, such as `trades.*`; an event must match each of them. */
  readonly patterns?: readonly string[];
  /** Types; an event must match one of them. */
  readonly types?: readonly string[];
  /** Partition keys; an event must have one of them. */
  readonly keys?: readonly string[];
  /** Sources; an event must be from one of them. */
  readonly sources?: readonly string[];
  /** Event time, microseconds since 1970, from which on. */
  readonly sinceUs?: number;
  /** Event time before which. */
  readonly untilUs?: number;
}

/** Looks at recorded events, as little as it can at those that are not wanted. */
export class EventFilter {
  readonly sinceUs: number;
  readonly #untilUs: number;
  readonly #patterns: readonly string[];
  readonly #types: readonly string[];
  readonly #keys: ReadonlySet<string | null>;
  readonly #sources: ReadonlySet<string>;

  /** @throws QtError QT_EVENT_TOPIC_INVALID */
  constructor({ keys = [], patterns = [], sinceUs = -Infinity, sources = [], types = [], untilUs = Infinity }: EventSelection) {
    for (const pattern of [...patterns, ...types]) checkPattern(pattern);
    this.sinceUs = sinceUs;
    this.#untilUs = untilUs;
    this.#patterns = patterns;
    this.#types = types;
    this.#keys = new Set(keys);
    this.#sources = new Set(sources);
  }

  accepts(frame: RecordedFrame): boolean {
    const { decoder, views } = frame;
    const timestamp = views.f64[TIMESTAMP >> 3]!;
    if (timestamp < this.sinceUs || timestamp >= this.#untilUs) return false;
    const type = decoder.type(views, 0);
    if (!this.#patterns.every((pattern) => matches(pattern, type))) return false;
    if (this.#types.length > 0 && !this.#types.some((pattern) => matches(pattern, type))) return false;
    if (this.#keys.size > 0 && !this.#keys.has(decoder.key(views, 0))) return false;
    return this.#sources.size === 0 || this.#sources.has(toRecordedEvent(frame).source);
  }
}
