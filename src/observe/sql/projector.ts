import type { Connection, SqlValue, Statement } from './connection.ts';
import { DEAD_LETTER_RULES } from './dead-letter-rules.ts';
import { DECISION_RULES } from './decision-rules.ts';
import { toJsonText } from './json-text.ts';
import { ORDER_RULES } from './order-rules.ts';
import { POSITION_RULES } from './position-rules.ts';
import { KEYS, type Fact, type Row, type Rule, type Table } from './rule.ts';
import { SIGNAL_RULES } from './signal-rules.ts';

const RULES = [...ORDER_RULES, ...POSITION_RULES, ...SIGNAL_RULES, ...DECISION_RULES, ...DEAD_LETTER_RULES];

/** Tables that follow from `events`. */
export const TABLES = Object.keys(KEYS) as Table[];

/** Columns that an event may not always change. */
const GUARDS: Readonly<Record<string, string>> = {
  // Nothing comes after an end, except that an execution may be on its way while a cancel is.
  'orders.status': `CASE WHEN excluded.status IN ('ACCEPTED', 'CANCEL_REQUESTED', 'UNRESOLVED')
      AND orders.status IN ('FILLED', 'REJECTED', 'CANCELLED', 'EXPIRED') THEN orders.status
    WHEN excluded.status = 'ACCEPTED' AND orders.status = 'PARTIALLY_FILLED' THEN orders.status ELSE excluded.status END`,
  'positions.status': "CASE WHEN positions.status = 'CLOSED' THEN 'CLOSED' ELSE excluded.status END",
};

/** Keeps the tables that follow from `events`: one event after the other, in their order. */
export class Projector {
  readonly #writersOf = new Map<string, RuleWriter[]>();

  constructor(connection: Connection) {
    for (const rule of RULES) {
      const writer = new RuleWriter(connection, rule);
      const others = this.#writersOf.get(rule.type);
      if (others === undefined) this.#writersOf.set(rule.type, [writer]);
      else others.push(writer);
    }
  }

  /** Types that change a table. */
  get types(): string[] {
    return [...this.#writersOf.keys()];
  }

  apply(type: string, fact: Fact): void {
    const writers = this.#writersOf.get(type);
    if (writers === undefined) return;
    for (const writer of writers) writer.write(fact);
  }
}

/** One rule with its statement, which is prepared when the first event shows the columns. */
class RuleWriter {
  readonly #connection: Connection;
  readonly #rule: Rule;
  #statement: Statement | null = null;

  constructor(connection: Connection, rule: Rule) {
    this.#connection = connection;
    this.#rule = rule;
  }

  write(fact: Fact): void {
    const row = this.#rule.row(fact);
    const { by } = this.#rule;
    // Not an event of the catalogue, whatever its name says.
    if (typeof row[by] !== 'string' && typeof row[by] !== 'number') return;
    this.#statement ??= this.#connection.prepare(statementOf(this.#rule, row));
    this.#statement.run(...Object.values(row).map(toSqlValue));
  }
}

function statementOf({ by, isUpdate, table }: Rule, row: Row): string {
  const columns = Object.keys(row);
  if (isUpdate) {
    const parts = columns
      .map((column, i) => (column === by ? '' : `${column} = coalesce(?${i + 1}, ${column})`))
      .filter((part) => part !== '');
    return `UPDATE ${table} SET ${parts.join(', ')} WHERE ${by} = ?${columns.indexOf(by) + 1}`;
  }
  const parts = columns
    .filter((column) => column !== by)
    .map((column) => `${column} = coalesce(${GUARDS[`${table}.${column}`] ?? `excluded.${column}`}, ${table}.${column})`);
  const places = columns.map((_, i) => `?${i + 1}`);
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places.join(', ')}) ON CONFLICT (${by}) DO UPDATE SET ${parts.join(', ')}`;
}

function toSqlValue(value: unknown): SqlValue {
  switch (typeof value) {
    case 'string':
    case 'number':
      return value;
    case 'bigint':
      // More than 64 bits with a sign do not fit a column.
      return BigInt.asIntN(64, value) === value ? value : String(value);
    case 'boolean':
      return value ? 1 : 0;
    case 'object':
      return value === null ? null : toJsonText(value);
    default:
      return null;
  }
}
