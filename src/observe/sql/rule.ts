import type { EventDefinition } from '../../event/index.ts';

/** What a rule reads of an event. */
export interface Fact<P = Readonly<Record<string, unknown>>> {
  readonly seq: number;
  /** Event time, microseconds. */
  readonly timestamp: number;
  readonly payload: P;
}

/** Values by column; the same columns in the same order for every event of a rule. Undefined and null leave what is there. */
export type Row = Readonly<Record<string, unknown>>;

export type Table = 'orders' | 'fills' | 'positions' | 'signals' | 'decisions' | 'dead_letters';

/** What one event type changes in one table. */
export interface Rule {
  readonly type: string;
  readonly table: Table;
  /** The column that finds the row. An event that does not name it changes nothing. */
  readonly by: string;
  /** True to change a row only if it is there. */
  readonly isUpdate: boolean;
  row(fact: Fact): Row;
}

/** The column that a row of each table is told by. */
export const KEYS: Readonly<Record<Table, string>> = {
  orders: 'client_order_id',
  fills: 'seq',
  positions: 'position_id',
  signals: 'signal_id',
  decisions: 'seq',
  dead_letters: 'letter_id',
};

/** Makes or changes the row that the event is about. */
export function upsert<P extends object>(definition: EventDefinition<P>, table: Table, row: (fact: Fact<P>) => Row): Rule {
  return { type: definition.type, table, by: KEYS[table], isUpdate: false, row: row as Rule['row'] };
}

/** Changes the rows that a column leads to, if there are any. */
export function update<P extends object>(definition: EventDefinition<P>, table: Table, by: string, row: (fact: Fact<P>) => Row): Rule {
  return { type: definition.type, table, by, isUpdate: true, row: row as Rule['row'] };
}
