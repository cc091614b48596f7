import { SystemDeliveryPlaced, type SystemDeliveryPlacedPayload } from '../../../model/index.ts';
import { RecordedFrames, toRecordedEvent, type RecordedFrame } from '../recorded.ts';

/** A delivery that was not in commit order. */
export interface Placement {
  readonly frame: RecordedFrame;
  readonly attempt: number;
  /** True if the instance had lost its state and began anew with this event. */
  readonly isFresh: boolean;
}

interface Note {
  readonly seq: number;
  readonly attempt: number;
  readonly isFresh: boolean;
}

/**
 * Where the instances of components left the commit order in a recorded run that was free running, from the notes that
 * they published (`placed-handler.ts`). Instances are named `<component>/<member>`.
 */
export class Placements {
  /** By instance and the event behind which something was handled out of order. */
  readonly #behind = new Map<string, Note[]>();
  readonly #placed = new Set<string>();
  readonly #frames = new Map<number, RecordedFrame>();

  /** @throws QtError QT_APP_INPUT_UNREADABLE, QT_JOURNAL_DAMAGED, QT_JOURNAL_VERSION_UNSUPPORTED */
  static read(directory: string): Placements {
    const placements = new Placements();
    const seqs = new Set<number>();
    for (const frame of framesOf(directory)) {
      if (frame.decoder.type(frame.views, 0) !== SystemDeliveryPlaced.type) continue;
      placements.#add(frame.causeSeq, toRecordedEvent(frame).payload as SystemDeliveryPlacedPayload);
      seqs.add(frame.causeSeq);
    }
    // The events lie before their notes, and there are few of them: a second look is cheaper than keeping all.
    if (seqs.size > 0) for (const frame of framesOf(directory)) if (seqs.has(frame.seq)) placements.#frames.set(frame.seq, frame);
    return placements;
  }

  /** True if the instance handled this event elsewhere than in commit order. */
  isPlaced(instance: string, seq: number): boolean {
    return this.#placed.has(`${instance} ${seq}`);
  }

  /** What the instance handled right behind an event, 0 for what it handled first; given once. */
  takeBehind(instance: string, seq: number): Placement[] {
    const name = `${instance} ${seq}`;
    const notes = this.#behind.get(name) ?? [];
    this.#behind.delete(name);
    return notes.flatMap(({ attempt, isFresh, seq: placed }) => {
      const frame = this.#frames.get(placed);
      return frame === undefined ? [] : [{ frame, attempt, isFresh }];
    });
  }

  #add(seq: number, { after_seq: after, attempt, component, is_fresh: isFresh, member }: SystemDeliveryPlacedPayload): void {
    const instance = `${component}/${member}`;
    const name = `${instance} ${after}`;
    const notes = this.#behind.get(name);
    if (notes === undefined) this.#behind.set(name, [{ seq, attempt, isFresh }]);
    else notes.push({ seq, attempt, isFresh });
    this.#placed.add(`${instance} ${seq}`);
  }
}

function* framesOf(directory: string): Generator<RecordedFrame, void, undefined> {
  using frames = new RecordedFrames(directory);
  for (let frame = frames.next(); frame !== null; frame = frames.next()) yield frame;
}
