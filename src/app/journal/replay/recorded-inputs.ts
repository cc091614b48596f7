import { LANE, TIMESTAMP } from '../../../codec/index.ts';
import { PRIORITIES, type EventInput } from '../../../event/index.ts';
import { SystemRunEnded, SystemRunStarted } from '../../../model/index.ts';
import type { RecordedFrame, RecordedFrames } from '../recorded.ts';

/** Each is published alone. */
const MARKS = new Set([SystemRunStarted.type, SystemRunEnded.type]);

/**
 * What a recorded run was given from outside, in the windows in which it was published: inputs of one instant that stand
 * next to each other, since what followed from a window was committed before the next one.
 */
export function* recordedWindows(frames: RecordedFrames): Generator<EventInput[], void, undefined> {
  let window: EventInput[] = [];
  let previous: RecordedFrame | null = null;
  for (let frame = frames.next(); frame !== null; frame = frames.next()) {
    if (frame.causeSeq !== 0) continue;
    if (previous !== null && !isSameWindow(previous, frame)) {
      yield window;
      window = [];
    }
    window.push(toInput(frame));
    previous = frame;
  }
  if (window.length > 0) yield window;
}

function isSameWindow(a: RecordedFrame, b: RecordedFrame): boolean {
  if (b.seq !== a.seq + 1 || a.views.f64[TIMESTAMP >> 3] !== b.views.f64[TIMESTAMP >> 3]) return false;
  return !MARKS.has(typeOf(a)) && !MARKS.has(typeOf(b));
}

function typeOf({ decoder, views }: RecordedFrame): string {
  return decoder.type(views, 0);
}

/** The event as it was published: what its publisher did not say is left to the bus again. */
function toInput({ decoder, views }: RecordedFrame): EventInput {
  const key = decoder.key(views, 0);
  const { c, k, s } = decoder.meta(views, 0) ?? {};
  return {
    type: decoder.type(views, 0),
    payload: decoder.payload(views, 0),
    timestamp: views.f64[TIMESTAMP >> 3]!,
    priority: PRIORITIES[views.u8[LANE]!] ?? 'NORMAL',
    ...(key === null ? {} : { key }),
    ...(s === undefined ? {} : { source: s }),
    ...(c === undefined ? {} : { correlationId: c }),
    ...(k === undefined ? {} : { causationId: k }),
  };
}
