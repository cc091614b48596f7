/** A process that keeps a database is killed at any time: every event is in it once, and all tables are as if nothing had happened. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { catchUpSql, type EventLoggerReport } from '../../src/app/index.ts';
import { createPrng } from '../../src/base/index.ts';
import { createEventBus } from '../../src/engine/index.ts';
import { openJournal } from '../../src/journal/index.ts';
import { hashesOf, lifeOf, query, temporaryFolder } from '../observe/sql-support.ts';

const KILLS = Number(process.env['QT_TEST_KILLS'] ?? 12);
const SCRIPT = fileURLToPath(new URL('./_sql-follower.ts', import.meta.url));
const EVENTS = 30_000;
/** How far the journal may be ahead of the database. */
const AHEAD = 4000;

/** A process as in `_sql-follower.ts`, and what it has said. */
class Following {
  readonly child: ChildProcess;
  position = 0;
  report: EventLoggerReport | null = null;
  readonly #ended: Promise<unknown>;
  #hasEnded = false;
  #moved = Promise.withResolvers<void>();

  constructor(directory: string, path: string) {
    this.child = spawn(process.execPath, [SCRIPT, directory, path], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // Compiling the same sources for each of them would take most of the time.
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'qt-compile-cache') },
    });
    const output = createInterface({ input: this.child.stdout! });
    this.#ended = Promise.all([once(this.child, 'exit'), once(output, 'close')]);
    output.on('line', (line) => {
      if (line.startsWith('end ')) this.report = JSON.parse(line.slice(4)) as EventLoggerReport;
      else if (line !== 'loaded') this.position = Number(line);
      this.#tell();
    });
    void this.#ended.then(() => {
      this.#hasEnded = true;
      this.#tell();
    });
  }

  /** Resolves when it is beyond a seq, or has ended. */
  async beyond(seq: number): Promise<void> {
    while (!this.#hasEnded && this.position <= seq) await this.#moved.promise;
  }

  #tell(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }

  say(): void {
    this.child.stdin!.write('go');
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#ended;
  }

  async end(): Promise<void> {
    this.child.stdin!.end();
    await this.#ended;
  }
}

test(
  `every event is in the database once after ${KILLS} kills under load, and its tables are those of an undisturbed build`,
  { timeout: 240_000 },
  async () => {
    const folder = temporaryFolder();
    const [directory, path, undisturbed] = [join(folder, 'journal'), join(folder, 'events.db'), join(folder, 'undisturbed.db')];
    const prng = createPrng(`sql-kill/${process.env['SEED'] ?? Date.now()}`);
    const journal = await openJournal(directory, { segmentBytes: 1 << 20, batchBytes: 4096 });
    const bus = createEventBus({ mode: 'inline', log: journal, runId: 'load' });
    await bus.start();
    // As fast as it goes, but only so far ahead, so that there is something to follow to the end.
    let following = new Following(directory, path);
    let trades = 0;
    const stop = new AbortController();
    const load = (async () => {
      while (!stop.signal.aborted && journal.lastSeq < EVENTS) {
        await bus.publishBatch(Array.from({ length: 10 }, () => lifeOf(trades++)).flat());
        await nextTurn();
        await following.beyond(journal.lastSeq - AHEAD);
      }
    })();
    const killedAt: number[] = [];

    for (let kill = 0; kill < KILLS; kill++) {
      following.say();
      // The next one loads its code meanwhile.
      const next = new Following(directory, path);
      const from = killedAt.at(-1) ?? 0;
      await following.beyond(from + prng.integer(800));
      // A few more turns of this loop, so that it is not always hit right after it spoke.
      for (let i = prng.integer(30); i > 0; i--) await nextTurn();
      await following.kill();
      const [row] = query(path, 'SELECT last_seq AS position, (SELECT count(*) FROM events) AS events FROM journal_cursor');
      expect(row, `kill ${kill}`).toEqual({ position: row?.['position'], events: row?.['position'] });
      expect(row?.['position'], `kill ${kill}: went back`).toBeGreaterThanOrEqual(Math.max(from, following.position));
      killedAt.push(row?.['position'] as number);
      next.position = killedAt.at(-1)!;
      following = next;
    }
    following.say();
    stop.abort();
    await load;
    await bus.drain();
    await bus.stop();
    await journal.close();
    await following.end();
    await catchUpSql(directory, undisturbed);

    const { lastSeq } = journal;
    expect(new Set(killedAt).size, `nothing happened between kills: ${killedAt.join(' ')}`).toBeGreaterThan(KILLS / 2);
    expect(following.report).toMatchObject({ position: lastSeq, removedEvents: 0, failure: null });
    expect(query(path, 'SELECT count(*) AS events, count(DISTINCT seq) AS seqs, min(seq) AS first, max(seq) AS last FROM events')).toEqual([
      { events: lastSeq, seqs: lastSeq, first: 1, last: lastSeq },
    ]);
    expect(hashesOf(path)).toEqual(hashesOf(undisturbed));
    expect(query(path, "SELECT count(*) AS seen FROM events WHERE type = 'outside.thing.seen'")).toEqual([{ seen: trades }]);
  },
);
