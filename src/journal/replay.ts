import { setTimeout as sleepMs } from 'node:timers/promises';
import { checkNumber, checkOneOf, invalidOption, QtError, systemClock, type Clock } from '../base/index.ts';
import {
  CAUSE_SEQ,
  decodeEvent,
  FLAG_DYNAMIC,
  FLAGS,
  LANE,
  TIMESTAMP,
  TS_INIT,
  type EventOrigin,
  type FrameDecoder,
  type FrameViews,
} from '../codec/index.ts';
import { checkPattern, defineEvent, definitionOf, matches, PRIORITIES, type EventInput } from '../event/index.ts';
import { readCursors } from './cursors.ts';
import { QT_JOURNAL_CURSOR_UNKNOWN, QT_JOURNAL_TYPE_UNKNOWN } from './errors.ts';
import { openJournalReader, type JournalReader } from './reader.ts';

/** What takes the events of a replay: a bus, or anything that publishes. */
export interface ReplayTarget {
  publish(event: EventInput): Promise<unknown>;
  /** Needed for `batch: 'instant'`. */
  publishBatch?(events: readonly EventInput[]): Promise<unknown>;
}

/** Of `fromSeq`, `fromTimeUs` and `fromCursor` at most one; by default from the oldest event on. */
export interface ReplayOptions {
  /** First seq to publish, an integer >= 1. */
  readonly fromSeq?: number;
  /** From the first event on that happened at this time or later, microseconds since 1970; what is behind it comes whatever its time. */
  readonly fromTimeUs?: number;
  /** A durable group: from the first event on that it has not acknowledged. */
  readonly fromCursor?: string;
  /** Last seq to publish. Default: the end of the journal when it is reached. */
  readonly toSeq?: number;
  /** Patterns, such as `market.**`; an event must match one of them. Default: all. */
  readonly types?: readonly string[];
  /**
   * `full` (default): each event as soon as the one before it was accepted. A number > 0: in the rhythm in which the
   * recording bus accepted them, so many times as fast; 1 is as it was.
   */
  readonly speed?: 'full' | number;
  /**
   * Default true: only events that were published from outside, for a bus whose handlers derive the rest again. False:
   * every event, for handlers that derive nothing; each names its cause and its chain by their recorded ids.
   */
  readonly inputsOnly?: boolean;
  /**
   * `event` (default) publishes one by one; `instant` publishes inputs of one instant, with nothing derived between them,
   * together. What a lockstep bus took together it must be given together, or it decides in another order.
   */
  readonly batch?: 'event' | 'instant';
  /** A type that this process does not define: `define` (default) it with its recorded schema, or `refuse` the replay. */
  readonly unknownTypes?: 'define' | 'refuse';
  /** Ends the replay early; the event at hand is still published. */
  readonly signal?: AbortSignal;
  /** Told after each event, or each instant. */
  readonly onProgress?: (progress: ReplayProgress) => void;
}

export interface ReplayProgress {
  /** Published so far. */
  readonly events: number;
  /** Of the last one, as recorded. */
  readonly seq: number;
  readonly timestamp: number;
}

/** What became of a replay. */
export interface ReplayReport {
  /** Published. */
  readonly events: number;
  /** Recorded seq of the first and of the last one, 0 for none. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Their event times, microseconds since 1970; 0 for none. */
  readonly firstUs: number;
  readonly lastUs: number;
  /** False if the signal ended it. */
  readonly isComplete: boolean;
  /** Events of the range that retention had removed, and that a repair had given up. */
  readonly removedRecords: number;
  readonly lostRecords: number;
  /** Types that were defined from the recording. */
  readonly definedTypes: readonly string[];
  readonly elapsedMs: number;
  /** The most that an event came after its time in the rhythm; 0 at full speed. */
  readonly lateMsMax: number;
}

/** Time, for tests to own. */
export interface ReplayCollaborators {
  readonly clock?: Clock;
  /** Waits; rejects when the signal aborts. */
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<unknown>;
}

/**
 * Publishes the events of a journal again, in recorded order, one after the other: the next is not published before
 * the target has accepted the last, so a slow target slows it down and memory stays at one batch. Events keep their time, key,
 * priority and payload; they get new seqs. It takes no lock and changes nothing, and the journal may be growing meanwhile.
 *
 * With a speed, an event is due when it would be if the whole recording were stretched, counted from the start: a stall is
 * caught up and adds to nothing. The rhythm is that of acceptance (`tsInitUs`), because event times of recorded data say
 * when the market moved and not when the system heard of it. Where the recording clock ran backwards nothing waits.
 *
 * @throws QtError QT_JOURNAL_CURSOR_UNKNOWN, QT_JOURNAL_TYPE_UNKNOWN, QT_JOURNAL_DAMAGED, QT_JOURNAL_VERSION_UNSUPPORTED,
 *   QT_OPTION_INVALID, QT_EVENT_TOPIC_INVALID, and those of the target's `publish`
 * @example
 * const bus = createEventBus({ mode: 'inline', lockstep: true });
 * bus.subscribe('trade.*', onTrade);
 * await bus.start();
 * await replayJournal('./journal', bus, { fromTimeUs: Date.UTC(2024, 0, 2) * 1000, speed: 10 });
 */
export async function replayJournal(
  directory: string,
  target: ReplayTarget,
  options: ReplayOptions = {},
  collaborators: ReplayCollaborators = {},
): Promise<ReplayReport> {
  const { batch, fromCursor, fromSeq, fromTimeUs } = options;
  checkOptions(options);
  if (batch === 'instant' && target.publishBatch === undefined)
    throw invalidOption('batch', batch, 'event for a target without publishBatch');
  const start =
    fromCursor !== undefined
      ? { fromSeq: positionOf(directory, fromCursor) + 1 }
      : { ...(fromSeq === undefined ? {} : { fromSeq }), ...(fromTimeUs === undefined ? {} : { fromTimeUs }) };
  using reader = openJournalReader(directory, start);
  return new Replay(reader, target, options, collaborators).run();
}

interface Pending {
  readonly event: EventInput;
  readonly seq: number;
  readonly timestamp: number;
  readonly acceptedUs: number;
  /** Events that were derived before it, to see whether some lie between two inputs. */
  readonly derivedBefore: number;
}

// A timer shorter than this comes late anyway; what is due within it is sent at once, and the schedule stays as it was.
const WAIT_MS_MIN = 1;

class Replay {
  readonly #reader: JournalReader;
  readonly #target: ReplayTarget;
  readonly #options: ReplayOptions;
  readonly #clock: Clock;
  readonly #sleep: NonNullable<ReplayCollaborators['sleep']>;
  readonly #known = new Set<string>();
  readonly #defined: string[] = [];
  /** Run and sources of the segment at hand; reading its dictionary takes long. */
  #origin: EventOrigin = { runId: '', sourceOf: () => '' };
  #originOf: FrameDecoder | null = null;
  #first: Pending | null = null;
  #last: Pending | null = null;
  #events = 0;
  #derived = 0;
  #startMs = 0;
  #lateMsMax = 0;
  #hasEnded = false;

  constructor(reader: JournalReader, target: ReplayTarget, options: ReplayOptions, { clock, sleep }: ReplayCollaborators) {
    this.#reader = reader;
    this.#target = target;
    this.#options = options;
    this.#clock = clock ?? systemClock;
    this.#sleep = sleep ?? ((ms, signal) => sleepMs(ms, undefined, signal === undefined ? {} : { signal }));
  }

  async run(): Promise<ReplayReport> {
    const startedMs = this.#clock.monotonicMs();
    const { signal } = this.#options;
    let isComplete = signal?.aborted !== true;
    for (const group of this.#groups()) {
      isComplete &&= await this.#publish(group);
      if (!isComplete) break;
    }
    const { lostRecords, removedRecords } = this.#reader;
    return {
      events: this.#events,
      firstSeq: this.#first?.seq ?? 0,
      lastSeq: this.#last?.seq ?? 0,
      firstUs: this.#first?.timestamp ?? 0,
      lastUs: this.#last?.timestamp ?? 0,
      isComplete,
      removedRecords,
      lostRecords,
      definedTypes: this.#defined,
      elapsedMs: this.#clock.monotonicMs() - startedMs,
      lateMsMax: this.#lateMsMax,
    };
  }

  /** What is published together, in order. */
  *#groups(): Generator<readonly Pending[], void, undefined> {
    let group: Pending[] = [];
    for (let batch = this.#readBatch(); batch !== null; batch = this.#readBatch()) {
      for (const pending of batch) {
        if (group.length > 0 && !this.#isTogether(group[0]!, pending)) {
          yield group;
          group = [];
        }
        group.push(pending);
      }
    }
    if (group.length > 0) yield group;
  }

  #isTogether(a: Pending, b: Pending): boolean {
    const { batch = 'event', inputsOnly = true } = this.#options;
    return batch === 'instant' && inputsOnly && a.timestamp === b.timestamp && a.derivedBefore === b.derivedBefore;
  }

  /** False if the signal came first. */
  async #publish(group: readonly Pending[]): Promise<boolean> {
    const { batch, onProgress, signal, speed = 'full' } = this.#options;
    const [first] = group;
    if (speed !== 'full' && !(await this.#waitFor(first!, speed))) return false;
    if (signal?.aborted === true) return false;
    this.#first ??= first!;
    if (batch === 'instant') await this.#target.publishBatch!(group.map(({ event }) => event));
    else await this.#target.publish(first!.event);
    this.#last = group.at(-1)!;
    this.#events += group.length;
    onProgress?.({ events: this.#events, seq: this.#last.seq, timestamp: this.#last.timestamp });
    return true;
  }

  async #waitFor({ acceptedUs }: Pending, speed: number): Promise<boolean> {
    const { signal } = this.#options;
    if (this.#first === null) this.#startMs = this.#clock.monotonicMs();
    const dueMs = this.#startMs + (acceptedUs - (this.#first?.acceptedUs ?? acceptedUs)) / 1000 / speed;
    for (;;) {
      const waitMs = dueMs - this.#clock.monotonicMs();
      if (waitMs < WAIT_MS_MIN) {
        this.#lateMsMax = Math.max(this.#lateMsMax, -waitMs);
        return true;
      }
      try {
        await this.#sleep(waitMs, signal);
      } catch (error) {
        if (signal?.aborted === true) return false;
        throw error;
      }
    }
  }

  /** What is wanted of the next batch, or null at the end. */
  #readBatch(): Pending[] | null {
    if (this.#hasEnded) return null;
    const { inputsOnly = true, toSeq = Infinity } = this.#options;
    const batch: Pending[] = [];
    const count = this.#reader.readBatch((views, index, _length, seq) => {
      if (seq >= toSeq) this.#hasEnded = true;
      const isDerived = views.f64[(index + CAUSE_SEQ) >> 3] !== 0;
      if (isDerived) this.#derived++;
      if (seq > toSeq || (inputsOnly && isDerived)) return;
      const type = this.#reader.decoder.type(views, index);
      if (!this.#isWanted(type)) return;
      if ((views.u8[index + FLAGS]! & FLAG_DYNAMIC) === 0) this.#meet(type);
      const timestamp = views.f64[(index + TIMESTAMP) >> 3]!;
      const acceptedUs = views.f64[(index + TS_INIT) >> 3]!;
      batch.push({ event: this.#toInput(views, index), seq, timestamp, acceptedUs, derivedBefore: this.#derived });
    });
    return count === 0 ? null : batch;
  }

  #isWanted(type: string): boolean {
    const { types } = this.#options;
    return types === undefined || types.some((pattern) => matches(pattern, type));
  }

  /** Makes sure that a catalogued type means something here. */
  #meet(type: string): void {
    if (this.#known.has(type)) return;
    this.#known.add(type);
    if (definitionOf(type) !== undefined) return;
    if (this.#options.unknownTypes === 'refuse') {
      const message = `Cannot replay ${type}: this process does not define it; import its definition, or let the replay define it`;
      throw new QtError(QT_JOURNAL_TYPE_UNKNOWN, message, { details: { type } });
    }
    const record = this.#reader.dictionary.types.find((one) => one.type === type)!;
    defineEvent(type, { payload: record.schema, version: record.version, priority: PRIORITIES[record.lane] ?? 'NORMAL' });
    this.#defined.push(type);
  }

  #toInput(views: FrameViews, index: number): EventInput {
    const { decoder } = this.#reader;
    const key = decoder.key(views, index);
    const meta = decoder.meta(views, index) ?? {};
    const common = {
      type: decoder.type(views, index),
      payload: decoder.payload(views, index),
      timestamp: views.f64[(index + TIMESTAMP) >> 3]!,
      priority: PRIORITIES[views.u8[index + LANE]!] ?? 'NORMAL',
      ...(key === null ? {} : { key }),
    };
    if (views.f64[(index + CAUSE_SEQ) >> 3] === 0) {
      // As it was published: what its publisher did not say is left to the target again.
      const { c, k, s } = meta;
      return {
        ...common,
        ...(s === undefined ? {} : { source: s }),
        ...(c === undefined ? {} : { correlationId: c }),
        ...(k === undefined ? {} : { causationId: k }),
      };
    }
    const { causationId, correlationId, source } = decodeEvent(views, index, decoder, this.#originAt(decoder));
    return { ...common, source, correlationId, ...(causationId === null ? {} : { causationId }) };
  }

  #originAt(decoder: FrameDecoder): EventOrigin {
    if (decoder === this.#originOf) return this.#origin;
    const { names } = this.#reader.dictionary;
    this.#originOf = decoder;
    this.#origin = { runId: names['run'] ?? '', sourceOf: (id) => names[`source.${id}`] ?? names['source'] ?? '' };
    return this.#origin;
  }
}

function checkOptions(options: ReplayOptions): void {
  const { batch = 'event', fromCursor, fromSeq, fromTimeUs, speed = 'full', toSeq, types = [], unknownTypes = 'define' } = options;
  checkOneOf('batch', batch, ['event', 'instant']);
  checkOneOf('unknownTypes', unknownTypes, ['define', 'refuse']);
  const starts = [fromSeq, fromTimeUs, fromCursor].filter((start) => start !== undefined);
  if (starts.length > 1) throw invalidOption('fromSeq', fromSeq, 'alone: of fromSeq, fromTimeUs and fromCursor at most one');
  if (fromSeq !== undefined) checkNumber('fromSeq', fromSeq, { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true });
  if (toSeq !== undefined) checkNumber('toSeq', toSeq, { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true });
  if (speed !== 'full') checkNumber('speed', speed, { min: 1e-6, max: 1e9 });
  for (const pattern of types) checkPattern(pattern);
}

function positionOf(directory: string, group: string): number {
  const cursors = readCursors(directory);
  const position = cursors.get(group);
  if (position !== undefined) return position;
  const names = [...cursors.keys()].toSorted();
  const known = names.length === 0 ? 'it has none' : `it has those of ${names.join(', ')}`;
  throw new QtError(QT_JOURNAL_CURSOR_UNKNOWN, `Cannot replay from the cursor of group ${group}: ${known}`, {
    details: { directory, group, known: names },
  });
}
