import { createHash, type Hash } from 'node:crypto';
import type { QtEvent } from '../event/index.ts';
import { ExitBrainHeartbeat, SystemHumanOverrideChanged, SystemPanicClose, SystemPanicCloseCompleted } from '../model/index.ts';
import { canonicalJson } from './canonical-json.ts';

/** First segments of the types that decide or follow from decisions; what is missing is input, health or report. */
export const DECISION_ROOTS: readonly string[] = [
  'ensemble',
  'exit',
  'orchestrator',
  'policy',
  'position',
  'regime',
  'risk',
  'signal',
  'signals',
  'strategy',
  'trade',
  'trades',
];

const roots = new Set(DECISION_ROOTS);
const decisions = new Set([SystemPanicClose.type, SystemPanicCloseCompleted.type, SystemHumanOverrideChanged.type]);
// Proof of life with wall-clock figures in it: no two runs agree on those.
const notDecisions = new Set([ExitBrainHeartbeat.type]);

/** True for an event type that belongs to what a run decided. */
export function isDecisionType(type: string): boolean {
  const dot = type.indexOf('.');
  return decisions.has(type) || (roots.has(dot < 0 ? type : type.slice(0, dot)) && !notDecisions.has(type));
}

// Updating a hash costs about a microsecond whatever the length, so short records are gathered first.
const GATHER_LENGTH = 32_768;

/**
 * The fingerprint of what a run decided: SHA-256 over (type, key, payload) of its decision events in the order of
 * `seq`. Two runs that agree have the same hash. An event that comes again is counted once.
 *
 * @example
 * const hash = new DecisionHash();
 * bus.subscribe('**', (event) => void hash.update(event), { group: 'decision_hash' });
 */
export class DecisionHash {
  readonly #hash: Hash = createHash('sha256');
  #gathered = '';
  #lastSeq = 0;
  #count = 0;

  /** Events in the hash. */
  get count(): number {
    return this.#count;
  }

  /**
   * @returns whether the event is now part of the hash; false for other types and for a `seq` that is not above the last
   * @throws QtError QT_OBSERVE_NOT_CANONICAL
   */
  update(event: Pick<QtEvent<object>, 'seq' | 'type' | 'key' | 'payload'>): boolean {
    if (event.seq <= this.#lastSeq || !isDecisionType(event.type)) return false;
    this.#gathered += `["${event.type}",${canonicalJson(event.key)},${canonicalJson(event.payload)}]\n`;
    this.#lastSeq = event.seq;
    this.#count++;
    if (this.#gathered.length >= GATHER_LENGTH) this.#take();
    return true;
  }

  /** The hash of all so far, 64 hexadecimal digits; more may follow. */
  hex(): string {
    this.#take();
    return this.#hash.copy().digest('hex');
  }

  #take(): void {
    if (this.#gathered !== '') this.#hash.update(this.#gathered);
    this.#gathered = '';
  }
}
