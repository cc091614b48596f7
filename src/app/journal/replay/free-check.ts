import { QtError, type Logger } from '../../../base/index.ts';
import { KEY_HASH, TIMESTAMP } from '../../../codec/index.ts';
import { Rerun, type RerunMember, type Sink } from '../../../engine/index.ts';
import { laneOf } from '../../../event/index.ts';
import { SystemRunEnded } from '../../../model/index.ts';
import type { Subscribable } from '../../compose.ts';
import { QT_APP_REPLAY_REFUSED } from '../../errors.ts';
import type { Difference } from './comparison.ts';
import { ExpectedEvents, type Owed } from './expected-events.ts';
import { Placements, type Placement } from './placements.ts';
import { RecordedFrames, toDelivered, type RecordedFrame } from '../recorded.ts';

export interface FreeCheckParts {
  readonly directory: string;
  /** Worker threads that the run had. */
  readonly workers: number;
  /** Whether payloads were checked against their schemas. */
  readonly validate: boolean;
  /** Subscribes what took part in the run, as it did. */
  readonly wire: (bus: Subscribable) => void;
  /** Sees every recorded event up to the first difference. */
  readonly watch: Sink;
  readonly logger: Logger;
}

/** What came of it. */
export interface FreeCheckResult {
  /** Recorded events up to the first difference, and those of them that nobody here publishes. */
  readonly events: number;
  readonly given: number;
  readonly difference: Difference | null;
}

/**
 * Gives the events of a recorded run that was free running to the same instances again, each in the order in which it saw
 * them, and holds what they publish against the recording.
 *
 * The order is known: all events of an instance shared one lane of one thread, so they came in commit order, except where
 * the recording has a note (see `Placements`). Nothing that is published here is delivered: the recorded event is, which is
 * the same as long as nothing differs. So each decision is made from exactly what it was made from, and timing, which
 * decided the order, decides nothing again.
 *
 * @throws QtError QT_APP_INPUT_UNREADABLE, QT_APP_REPLAY_REFUSED, QT_JOURNAL_DAMAGED, QT_HANDLER_LOAD_FAILED
 */
export async function checkFreeRun(parts: FreeCheckParts): Promise<FreeCheckResult> {
  const { directory } = parts;
  using frames = new RecordedFrames(directory);
  const checked = await new FreeCheck(parts).run(frames);
  const { lostRecords, removedRecords } = frames;
  if (lostRecords + removedRecords === 0) return checked;
  const reason = `${removedRecords} events were removed by retention and ${lostRecords} lost, so nobody can say what its components saw`;
  throw new QtError(QT_APP_REPLAY_REFUSED, `Cannot verify ${directory}: ${reason}`, { details: { directory } });
}

/** State of one component on one thread, or of a handler on the main thread. */
interface Instance {
  readonly name: string;
  readonly owed: Owed;
  /** Overtaking events without a note: nothing recorded came from the instance after them. */
  readonly unplaced: RecordedFrame[];
}

const CRITICAL = laneOf('CRITICAL');

class FreeCheck {
  readonly #parts: FreeCheckParts;
  readonly #rerun: Rerun;
  readonly #placements: Placements;
  readonly #expected: ExpectedEvents;
  readonly #instances = new Map<string, Instance>();

  constructor(parts: FreeCheckParts) {
    const { directory, logger, validate, wire, workers } = parts;
    this.#parts = parts;
    this.#rerun = new Rerun({ workers, validate, logger });
    this.#expected = new ExpectedEvents(this.#rerun.decoder);
    wire(this.#rerun);
    for (const member of this.#rerun.members) this.#addInstance(member);
    this.#placements = Placements.read(directory);
  }

  async run(frames: RecordedFrames): Promise<FreeCheckResult> {
    await this.#rerun.start();
    try {
      return await this.#check(frames);
    } finally {
      await this.#rerun.close();
    }
  }

  async #check(frames: RecordedFrames): Promise<FreeCheckResult> {
    const { watch } = this.#parts;
    let events = 0;
    let settledSeq = 0;
    const result = (difference: Difference | null): FreeCheckResult => ({ events, given: this.#expected.given, difference });
    for (const instance of this.#instances.values()) await this.#handleBehind(instance, 0);
    for (let frame = frames.next(); frame !== null; frame = frames.next()) {
      const difference = this.#expected.take(frame);
      if (difference !== null) return result(difference);
      events++;
      const { decoder, seq, views } = frame;
      const type = decoder.type(views, 0);
      if (type === SystemRunEnded.type) settledSeq = seq;
      watch.write(views.bytes, 0, views.bytes.length, {
        type,
        seq,
        timestamp: views.f64[TIMESTAMP >> 3]!,
        decode: () => ({ key: decoder.key(views, 0), payload: decoder.payload(views, 0) }),
      });
      await this.#deliver(type, frame);
    }
    for (const instance of this.#instances.values()) {
      for (const frame of instance.unplaced) await this.#handle(instance, { frame, attempt: 1, isFresh: false });
    }
    return result(this.#expected.finish(settledSeq));
  }

  async #deliver(type: string, frame: RecordedFrame): Promise<void> {
    for (const member of this.#membersOf(type, frame)) {
      const instance = this.#instances.get(member.stateId)!;
      if (this.#placements.isPlaced(instance.name, frame.seq)) continue;
      if (member.lane === CRITICAL) {
        instance.unplaced.push(frame);
        continue;
      }
      await this.#runMember(instance, member, frame, 1);
      await this.#handleBehind(instance, frame.seq);
    }
  }

  async #handleBehind(instance: Instance, seq: number): Promise<void> {
    for (const placement of this.#placements.takeBehind(instance.name, seq)) await this.#handle(instance, placement);
  }

  async #handle(instance: Instance, { attempt, frame, isFresh }: Placement): Promise<void> {
    const members = this.#membersOf(frame.decoder.type(frame.views, 0), frame);
    for (const member of members) {
      if (this.#instances.get(member.stateId) !== instance) continue;
      if (isFresh) await this.#rerun.renew(member.stateId);
      await this.#runMember(instance, member, frame, attempt);
    }
    await this.#handleBehind(instance, frame.seq);
  }

  async #runMember({ owed }: Instance, member: RerunMember, frame: RecordedFrame, attempt: number): Promise<void> {
    try {
      this.#expected.expect(owed, frame.seq, await member.run(toDelivered(frame), attempt));
    } catch (error) {
      // As in the run: a handler that failed has published nothing. If it did not fail there, its events are missing now.
      this.#parts.logger.warn({ err: error, seq: frame.seq, group: member.group }, 'a handler failed on a recorded event');
    }
  }

  #membersOf(type: string, { views }: RecordedFrame): RerunMember[] {
    return this.#rerun.membersOf(type, views.u32[KEY_HASH >> 2]!);
  }

  #addInstance({ group, member, source, stateId }: RerunMember): void {
    if (this.#instances.has(stateId)) return;
    const name = `${group.replace(/\.(broadcast|kill)$/, '')}/${member}`;
    this.#instances.set(stateId, { name, owed: this.#expected.add(source), unplaced: [] });
  }
}
