/**
 * How fast do the events of a journal become SQLite tables, against the least that SQLite needs for the same rows?
 *
 *   bare insert     rows made before == prepared INSERT ==> one table without an index, 2000 rows a transaction
 *   EventDatabase   events == JSON, INSERT, orders, positions, ... ==> the tables as they are, with their indexes
 *   event logger    journal == read, check, decode ==> the same, on its own thread, whose start is counted
 *
 * The events are those of a run of the trading system, most of them market data and regimes.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { catchUpSql, prepareRun, queryJournal } from '../../src/app/index.ts';
import { openEventDatabase } from '../../src/observe/index.ts';
import type { QtEvent } from '../../src/index.ts';
import type { BenchCase } from '../case.ts';
import { alternate, type Subject } from '../harness/alternate.ts';
import { checkSame } from '../harness/check.ts';
import { throughputOf, throughputRatios } from '../harness/figures.ts';
import { JournalFolder } from '../harness/journal-folder.ts';

const BARE = 'bare insert';
const PER_COMMIT = 2000;
const INSERT = 'INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
const COLUMNS = `seq INTEGER PRIMARY KEY, type TEXT, ts_us INTEGER, ts_init_us INTEGER, key TEXT, priority TEXT, source TEXT,
  correlation_id TEXT, causation_id TEXT, cause_seq INTEGER, emit_index INTEGER, run_id TEXT, v INTEGER, payload TEXT`;

export const bench: BenchCase<'sql-tables'> = {
  name: 'sql-tables',
  question: 'How fast do the events of a journal become SQLite tables, against bare inserts of the same rows?',
  async run({ bars, ...roundSettings }) {
    using folder = new JournalFolder();
    const journal = join(folder.path, 'journal');
    const settings = { mode: 'backtest', 'feed.kind': 'synthetic', 'feed.bars': bars };
    const flags = Object.entries(settings).map(([path, value]) => ({ flag: path, path, value }));
    await (await prepareRun({ flags, journal: { directory: journal } })).execute();
    const events = [...queryJournal(journal)];
    const rows = events.map(toRow);
    const bytes = rows.reduce((sum, row) => sum + String(row[13]).length, 0) / rows.length;
    const subjectOf = (name: string, run: (path: string) => Promise<void> | void): Subject => {
      let round = 0;
      const path = (): string => join(folder.path, `${name}-${round}.db`);
      return {
        name,
        events: events.length,
        prepare: () => void round++,
        run: () => run(path()),
        check: () => checkSame('rows', countRows(path()), events.length),
      };
    };
    const subjects = [
      subjectOf(BARE, (path) => insertBare(path, rows)),
      subjectOf('EventDatabase', (path) => addAll(path, events)),
      subjectOf('event logger', async (path) => void (await catchUpSql(journal, path))),
    ];
    const rounds = await alternate(subjects, roundSettings);
    return { subjects: throughputOf(rounds, bytes, new Map([[BARE, folder.note]])), ratios: throughputRatios(rounds, [BARE]) };
  },
};

type Row = readonly (string | number | null)[];

function toRow(event: QtEvent<object>): Row {
  const { seq, type, timestamp, tsInitUs, key, priority, source, correlationId, causationId, causeSeq, emitIndex, runId, v } = event;
  const ids = [correlationId, causationId, causeSeq, emitIndex, runId, v];
  return [seq, type, timestamp, tsInitUs, key, priority, source, ...ids, JSON.stringify(event.payload)];
}

function insertBare(path: string, rows: readonly Row[]): void {
  const connection = new DatabaseSync(path);
  connection.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE events (${COLUMNS}) STRICT`);
  const insert = connection.prepare(INSERT);
  for (let from = 0; from < rows.length; from += PER_COMMIT) {
    connection.exec('BEGIN');
    for (const row of rows.slice(from, from + PER_COMMIT)) insert.run(...row);
    connection.exec('COMMIT');
  }
  connection.close();
}

function addAll(path: string, events: readonly QtEvent<object>[]): void {
  using database = openEventDatabase(path);
  for (const event of events) {
    database.add(event);
    if (event.seq % PER_COMMIT === 0) database.commit(event.seq);
  }
  database.commit(events.length);
}

function countRows(path: string): number {
  const connection = new DatabaseSync(path, { readOnly: true });
  const { rows } = connection.prepare('SELECT count(*) AS rows FROM events').get() as { rows: number };
  connection.close();
  return rows;
}
