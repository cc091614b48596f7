import { allDefinitions, type EventDefinition } from '../../event/index.ts';
import { isWindowPerKey } from './_define.ts';
import { AUDITED_TYPES } from './audited.ts';

/** How long a journal keeps the events of a type; the first limit that is reached counts. */
export interface RetentionLimits {
  /** Age in ms, against the newest event of the journal. */
  readonly retentionMs: number | 'forever';
  /** How many of the newest, > 0; default no limit. */
  readonly maxLength?: number;
  /** How many bytes of the newest, > 0; default no limit. */
  readonly bytesMax?: number;
}

export interface CatalogueRetentionOptions {
  /** Whether the window of a type limits its journal too, default true; otherwise only its age does. */
  readonly lengths?: boolean;
  /** Limits of single types in the place of those that were defined; the only way to limits in bytes. */
  readonly types?: Readonly<Record<string, RetentionLimits>>;
}

/** Rules for `openJournal`. */
export interface CatalogueRetention {
  readonly types: Readonly<Record<string, RetentionLimits>>;
  readonly auditTypes: readonly string[];
}

/**
 * The retention rules that follow from every definition of this thread, those of the catalogue and your own: a type stays
 * for its `retentionMs`, and of that no more than its `maxLength`. Types that say `forever` or nothing stay, whatever their
 * window, and so do those that are audited. A window that is meant for each key does not count: a busy symbol would push
 * out the last events of a quiet one.
 *
 * Import what you define before you call it.
 *
 * @example
 * const journal = await openJournal('./journal', { audit: AUDITED_TYPES, retention: catalogueRetention() });
 * setInterval(() => void journal.retain(), 60_000);
 */
export function catalogueRetention({ lengths = true, types = {} }: CatalogueRetentionOptions = {}): CatalogueRetention {
  const rules: Record<string, RetentionLimits> = {};
  for (const definition of allDefinitions()) {
    const limits = limitsOf(definition, lengths);
    if (limits !== null) rules[definition.type] = limits;
  }
  return { types: { ...rules, ...types }, auditTypes: AUDITED_TYPES };
}

function limitsOf({ maxLength, retentionMs, type }: EventDefinition, lengths: boolean): RetentionLimits | null {
  if (retentionMs === null || retentionMs === 'forever') return null;
  const isLimited = lengths && typeof maxLength === 'number' && !isWindowPerKey(type);
  return isLimited ? { retentionMs, maxLength } : { retentionMs };
}
