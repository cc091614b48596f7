import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../../config/check.ts';
import type { Difference, EventSide } from './comparison.ts';

/** Characters of a payload that are shown; a risk evaluation has thousands. */
const PAYLOAD_LENGTH = 200;
const FIELDS_MAX = 5;

/** A side in one line, a long payload by its beginning. */
export function describeSide(side: EventSide | null): string {
  if (side === null) return 'no event';
  const { causeSeq, key, payload, seq, timestamp, type } = side;
  const text = JSON.stringify(payload);
  const shown = text.length > PAYLOAD_LENGTH ? `${text.slice(0, PAYLOAD_LENGTH)}...` : text;
  const place = seq === 0 ? 'no seq' : `seq ${seq}`;
  const cause = causeSeq === 0 ? '' : ` from seq ${causeSeq}`;
  return `${place} ${type} ${key ?? '-'}${cause} at ${toTime(timestamp)} ${shown}`;
}

/** One link of a chain of causes in one line; an input has no cause. */
export function describeCause({ causeSeq, key, seq, timestamp, type }: EventSide): string {
  return `seq ${seq} ${type} ${key ?? '-'} at ${toTime(timestamp)}${causeSeq === 0 ? ', an input' : ''}`;
}

function toTime(us: number): string {
  return new Date(us / 1000).toISOString();
}

/** What differs inside two events of one type, such as `stop: 99.5 recorded, 99 now`; the first few, none for other types. */
export function describeFields({ recomputed, recorded }: Difference): string[] {
  if (recorded === null || recomputed === null || recorded.type !== recomputed.type) return [];
  const found: string[] = [];
  collect(recorded.payload, recomputed.payload, '', found);
  const more = found.length - FIELDS_MAX;
  return more > 0 ? [...found.slice(0, FIELDS_MAX), `and ${more} more`] : found;
}

function collect(recorded: unknown, now: unknown, path: string, found: string[]): void {
  if (isDeepStrictEqual(recorded, now)) return;
  const isBranch = (isRecord(recorded) && isRecord(now)) || (Array.isArray(recorded) && Array.isArray(now));
  if (!isBranch) {
    found.push(`${path}: ${toText(recorded)} recorded, ${toText(now)} now`);
    return;
  }
  const [a, b] = [recorded as Record<string, unknown>, now as Record<string, unknown>];
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)]))
    collect(a[name], b[name], path === '' ? name : `${path}.${name}`, found);
}

function toText(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
