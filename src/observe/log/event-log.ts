import { checkNumber } from '../../base/index.ts';
import type { QtEvent } from '../../event/index.ts';

/** An event as a row of a table. */
export interface EventRow {
  readonly seq: number;
  /** Integer microseconds since 1970 UTC. */
  readonly timestamp: number;
  readonly type: string;
  readonly key: string | null;
  readonly priority: string;
  readonly source: string;
  readonly payload: object;
}

export interface EventLogOptions {
  /** How many of the newest rows are kept, integer >= 0, default 1000. */
  readonly rowsMax?: number;
}

const ROWS_MAX = 1000;

/** Counts every event by type and keeps the newest ones. */
export class EventLog {
  readonly #rowsMax: number;
  readonly #counts = new Map<string, number>();
  readonly #rows: EventRow[] = [];
  #total = 0;

  /** @throws QtError QT_OPTION_INVALID */
  constructor(options: EventLogOptions = {}) {
    this.#rowsMax = checkNumber('rowsMax', options.rowsMax ?? ROWS_MAX, { min: 0, max: 10_000_000, integer: true });
  }

  get total(): number {
    return this.#total;
  }

  add(event: QtEvent<object>): void {
    const { type } = event;
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1);
    if (this.#rowsMax > 0) this.#rows[this.#total % this.#rowsMax] = toRow(event);
    this.#total++;
  }

  /** Events by type, by name. */
  counts(): { type: string; count: number }[] {
    return [...this.#counts].map(([type, count]) => ({ type, count })).toSorted((a, b) => (a.type < b.type ? -1 : 1));
  }

  /** The newest rows, oldest of them first. */
  last(limit = this.#rowsMax): EventRow[] {
    const kept = this.#rows.length;
    const count = Math.min(Math.max(0, limit), kept);
    return Array.from({ length: count }, (_, index) => this.#rows[(this.#total - count + index) % this.#rowsMax] as EventRow);
  }
}

function toRow({ seq, timestamp, type, key, priority, source, payload }: QtEvent<object>): EventRow {
  return { seq, timestamp, type, key, priority, source, payload };
}

/** The whole event as one line of NDJSON, envelope first. */
export function toEventLine(event: QtEvent<object>): string {
  const { id, type, v, seq, timestamp, tsInitUs, key, priority, source, correlationId, causationId, causeSeq, emitIndex, runId } = event;
  const envelope = { id, type, v, seq, timestamp, tsInitUs, key, priority, source, correlationId, causationId, causeSeq, emitIndex, runId };
  return JSON.stringify({ ...envelope, payload: event.payload });
}
