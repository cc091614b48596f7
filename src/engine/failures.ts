import type { ErrorRecord } from '../base/index.ts';
import { replaceMeta, type FrameDecoder } from '../codec/index.ts';
import type { FailureRecord } from '../event/index.ts';

/** Failures kept with an event. More would only repeat themselves, and the frame has to fit into its ring. */
const FAILURES_MAX = 8;
const MESSAGE_LENGTH_MAX = 300;

/** Failures travel with their event, in its frame: through retries, into the dead letters, and back by a redrive. */
export function parseFailures(text: string | undefined): readonly FailureRecord[] {
  return text === undefined ? [] : (JSON.parse(text) as FailureRecord[]);
}

/** The frame with one failure more; the frame as it is when there is no room for that. */
export function addFailure(
  frame: Buffer,
  decoder: FrameDecoder,
  lengthMax: number,
  attempt: number,
  error: ErrorRecord,
  atUs: number,
): Buffer {
  const failure: FailureRecord = { attempt, code: error.code, message: error.message.slice(0, MESSAGE_LENGTH_MAX).toWellFormed(), atUs };
  try {
    const changed = replaceMeta(frame, decoder, lengthMax, (meta) => {
      const failures = [...parseFailures(meta.f), failure].slice(-FAILURES_MAX);
      return { ...meta, f: JSON.stringify(failures) };
    });
    return changed ?? frame;
  } catch {
    // A frame whose meta cannot be read is about to become a dead letter; its bytes matter more than the note on them.
    return frame;
  }
}
