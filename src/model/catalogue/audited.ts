import { matches } from '../../event/index.ts';
import { ALL_EVENTS } from './rows.ts';

/** Everything of the audit trail, also what a later version or a strategy of the user adds to it. */
const TRAIL = 'audit.**';

/** What decides about risk, the kill switch and orders, what lets people decide, and what came of it. */
const DECISIONS: readonly string[] = [
  TRAIL,
  'risk.evaluation.**',
  'risk.exposure.**',
  'risk.governor.**',
  'risk.kill_switch.**',
  'system.kill_switch.**',
  'system.human_override.**',
  'system.operator.**',
  'system.panic_close',
  'system.panic_close.**',
  'policy.**',
  'orchestrator.policy.**',
  'trades.request.**',
  'trades.order.**',
  'trades.reconciliation.mismatch',
  'exit.decision.**',
  'exit.stop.**',
  'exit.order.**',
];

/**
 * The types whose events a journal chains by hash and never removes: the audit trail, and every decision about risk, the
 * kill switch and orders. Types of the catalogue by name, and the pattern of the trail; for `openJournal` and for groups.
 *
 * @example const journal = await openJournal('./journal', { audit: AUDITED_TYPES });
 */
export const AUDITED_TYPES: readonly string[] = Object.freeze([
  TRAIL,
  ...ALL_EVENTS.map(({ type }) => type).filter((type) => !matches(TRAIL, type) && DECISIONS.some((pattern) => matches(pattern, type))),
]);
