/** One thing that happened to an event, as somebody outside the engine saw it. Ids are numbers that rise in publish order. */
export type HistoryRecord =
  | {
      readonly kind: 'accepted';
      readonly id: number;
      /** Partition key; null for an event that has no order. */
      readonly key: string | number | null;
      /** Lane it travels in; order is promised per key and lane. */
      readonly lane: number;
      /** Groups that owe it an outcome. */
      readonly groups: readonly string[];
      /** For a derived event: whose handler published it, and as which of its events. */
      readonly cause?: { readonly id: number; readonly group: string; readonly index: number };
    }
  | { readonly kind: 'started'; readonly id: number; readonly group: string; readonly attempt: number; readonly worker: number }
  | {
      readonly kind: 'ended';
      readonly id: number;
      readonly group: string;
      readonly attempt: number;
      readonly worker: number;
      readonly outcome: Outcome;
      /** Events that the run published; they must all be accepted when the outcome is `ok`. Default 0. */
      readonly emitted?: number;
    }
  /** A sign of life of a worker that is no outcome: a hung handler that still loops. */
  | { readonly kind: 'alive'; readonly worker: number }
  | { readonly kind: 'deadLettered'; readonly id: number; readonly group: string; readonly reason: string }
  | { readonly kind: 'redriven'; readonly id: number; readonly group: string }
  /** A full-queue policy dropped so many deliveries of a group; which ones nobody says. */
  | { readonly kind: 'dropped'; readonly group: string; readonly count: number };

/** How a run ended: `timeout` is a run that was given up while it went on. */
export type Outcome = 'ok' | 'failed' | 'rejected' | 'timeout';

/** What is promised to a group. */
export interface GroupRules {
  /** First delivery and retries together. */
  readonly attemptsMax: number;
  /** First deliveries of a key in order, across lanes when all its events share one lane. */
  readonly lanes: 'own' | 'pinned';
  /** A later event of a key waits for the retries of an earlier one. */
  readonly ordered: boolean;
}

/** The engine's own books of a group, to be compared with the history. */
export interface GroupCounters {
  readonly dispatched: number;
  readonly acknowledged: number;
  readonly filtered: number;
  readonly deadLettered: number;
  readonly dropped: number;
  readonly pending: number;
}

export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I6' | 'I9';

export interface Violation {
  readonly invariant: Invariant;
  readonly message: string;
  /** Everything that was seen of the event, oldest first. */
  readonly story: readonly string[];
}

/** One record as a line for people. */
export function tell(record: HistoryRecord): string {
  switch (record.kind) {
    case 'accepted': {
      const { cause } = record;
      const origin = cause === undefined ? '' : `, number ${cause.index} of ${cause.group} from ${cause.id}`;
      return `accepted ${record.id}, key ${record.key}, lane ${record.lane}, for ${record.groups.join(' ') || 'nobody'}${origin}`;
    }
    case 'started':
      return `started ${record.id} in ${record.group}, attempt ${record.attempt}, worker ${record.worker}`;
    case 'ended': {
      const emitted = record.emitted === undefined || record.emitted === 0 ? '' : `, ${record.emitted} derived`;
      return `ended ${record.id} in ${record.group}, attempt ${record.attempt}, worker ${record.worker}: ${record.outcome}${emitted}`;
    }
    case 'alive':
      return `worker ${record.worker} is alive`;
    case 'deadLettered':
      return `dead-lettered ${record.id} in ${record.group}: ${record.reason}`;
    case 'redriven':
      return `redriven ${record.id} in ${record.group}`;
    case 'dropped':
      return `${record.group} dropped ${record.count}`;
  }
}
