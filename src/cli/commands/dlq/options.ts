import { Option } from 'commander';

export const REASONS = ['RETRIES_EXHAUSTED', 'REJECTED', 'POISON', 'OVERFLOW', 'DEGRADED'] as const;

export interface ShowFlags {
  readonly journal: string;
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
}

export interface FilterFlags extends ShowFlags {
  readonly group?: string | undefined;
  readonly type?: string | undefined;
  readonly reason?: string | undefined;
  readonly olderThan?: string | undefined;
}

export interface ListFlags extends FilterFlags {
  readonly limit?: string | undefined;
}

export interface OrderFlags extends FilterFlags {
  readonly all?: true | undefined;
}

const FILTERS = [
  new Option('--group <name>', 'those of this group (default: all)'),
  new Option('--type <pattern>', 'those of these event types, such as trade.* (default: all)'),
  new Option('--reason <reason>', 'those that were given up for this reason (default: all)').choices(REASONS),
  new Option('--older-than <age>', 'those that died longer ago than this, such as 90s, 12h or 7d (default: all)'),
];
const COMMON = [
  new Option('--journal <directory>', 'where the journal is (to be given; default: none)').makeOptionMandatory(),
  new Option('--json', 'print one JSON object or array (default: text)'),
  new Option('-q, --quiet', 'no progress on stderr (default: progress on a terminal)'),
  new Option('--verbose', 'show where an error came from (default: one line)'),
];

export const LIST_OPTIONS: readonly Option[] = [...FILTERS, new Option('--limit <number>', 'how many at most (default: all)'), ...COMMON];
export const SHOW_OPTIONS: readonly Option[] = COMMON;
export const ORDER_OPTIONS: readonly Option[] = [
  ...FILTERS,
  new Option('--all', 'all dead letters; without it, ids or one of the filters must say which (default: refuse)'),
  ...COMMON,
];
