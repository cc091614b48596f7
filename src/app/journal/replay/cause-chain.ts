import { toSide, type Difference, type EventSide } from './comparison.ts';
import { RecordedFrames } from '../recorded.ts';

/**
 * What led to the event in which a recording and its repetition part: its cause, the cause of that, and so on to the input.
 * They all lie before the difference, so the recording has them.
 *
 * @throws QtError QT_JOURNAL_DAMAGED
 */
export function causesOf(directory: string, { recomputed, recorded }: Difference): EventSide[] {
  const causes: EventSide[] = [];
  let seq = (recorded ?? recomputed)?.causeSeq ?? 0;
  while (seq > 0) {
    using frames = new RecordedFrames(directory, { fromSeq: seq });
    const frame = frames.next();
    // A cause lies before its effect; a recording that says otherwise must not lead round in circles.
    if (frame?.seq !== seq || frame.causeSeq >= seq) break;
    causes.push(toSide(frame.views, frame.decoder, frame.seq));
    seq = frame.causeSeq;
  }
  return causes;
}
