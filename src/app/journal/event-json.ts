import type { QtEvent } from '../../event/index.ts';
import { toEventLine } from '../../observe/index.ts';

/** The whole event as one line of JSON. Integers beyond 2^53 become decimal text, which JSON has no other way to say exactly. */
export function toEventJson(event: QtEvent<object>): string {
  try {
    return toEventLine(event);
  } catch {
    return toEventLine({ ...event, payload: JSON.parse(toPayloadJson(event.payload)) as object });
  }
}

/** A payload as JSON, as `toEventJson` shows it. */
export function toPayloadJson(payload: object, indent = 0): string {
  return JSON.stringify(payload, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value), indent);
}
