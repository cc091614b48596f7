import { checkPattern, matches, type EventDefinition, type Priority } from '../../event/index.ts';
import { entryOf, type KeyKind } from './_define.ts';
import * as events from './events.ts';

/** One line of the catalogue as plain text, for a table. */
export interface CatalogueRow {
  readonly type: string;
  readonly description: string;
  readonly priority: Priority;
  readonly key: KeyKind;
  /** `24h`, `90d` or `forever`. */
  readonly retention: string;
  /** Number of events kept in memory and Redis, `unlimited`, or with ` per key`. */
  readonly window: string;
  /** The rate its publisher keeps; empty for none. */
  readonly rate: string;
  /** Empty means anyone. */
  readonly publishers: readonly string[];
  /** `*` means every service. */
  readonly consumers: readonly string[];
  /** `name: kind` in wire order, `name?: kind` if optional. */
  readonly fields: readonly string[];
}

const HOUR_MS = 3_600_000;

/** Every event type of the system, by name. */
export const ALL_EVENTS: readonly EventDefinition[] = Object.freeze(
  (Object.values(events) as unknown as EventDefinition[]).toSorted((a, b) => (a.type < b.type ? -1 : 1)),
);

/**
 * The catalogue as plain rows, by name.
 *
 * @param pattern which types, such as `trades.*` or `risk.**`; default all
 * @throws QtError QT_EVENT_TOPIC_INVALID
 * @example catalogueRows('trade.executed')[0]?.fields[0] // 'order_id: id'
 */
export function catalogueRows(pattern = '**'): CatalogueRow[] {
  checkPattern(pattern);
  return ALL_EVENTS.filter((definition) => matches(pattern, definition.type)).map(toRow);
}

function toRow(definition: EventDefinition): CatalogueRow {
  const { keyKind, windowPerKey, rate } = entryOf(definition.type);
  return {
    type: definition.type,
    description: definition.description,
    priority: definition.priority,
    key: keyKind,
    retention: toDuration(definition.retentionMs),
    window: `${definition.maxLength ?? 'unlimited'}${windowPerKey ? ' per key' : ''}`,
    rate,
    publishers: definition.publishers,
    consumers: definition.consumers,
    fields: toFields(definition.schema),
  };
}

function toDuration(retentionMs: number | 'forever' | null): string {
  if (retentionMs === 'forever' || retentionMs === null) return 'forever';
  const hours = retentionMs / HOUR_MS;
  return hours > 24 && hours % 24 === 0 ? `${hours / 24}d` : `${hours}h`;
}

/** What the printer reads of a JSON schema. */
interface SchemaShape {
  readonly title?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly SchemaShape[];
  readonly items?: SchemaShape;
  readonly properties?: Readonly<Record<string, SchemaShape>>;
  readonly required?: readonly string[];
}

function toFields(schema: SchemaShape): string[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).map(([name, field]) => `${name}${required.has(name) ? '' : '?'}: ${toKind(field)}`);
}

function toKind(schema: SchemaShape): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined) return schema.title === undefined ? schema.anyOf.map(toKind).join(' | ') : `${schema.title} | null`;
  if (schema.title !== undefined) return schema.title;
  if (schema.items !== undefined) return `${toKind(schema.items)}[]`;
  if (schema.properties !== undefined) return `{ ${toFields(schema).join(', ')} }`;
  return schema.type ?? 'any';
}
