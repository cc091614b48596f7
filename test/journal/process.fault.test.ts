/** Processes that are killed while they have a journal open. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createPrng } from '../../src/base/index.ts';
import { JOURNAL_LEVELS, openJournal, openJournalReader, verifyJournal, type JournalLevel } from '../../src/journal/index.ts';
import { Frames, readEvents, temporaryFolder } from './support.ts';

/** Each kill hits two journals, one per level. */
const KILLS = Math.ceil(Number(process.env['QT_TEST_KILLS'] ?? 15) / 2);
const SCRIPT = fileURLToPath(new URL('./_appending-process.ts', import.meta.url));

type Folders = Partial<Record<JournalLevel, string>>;

/** A process that appends to these journals once it is told to begin, and what it has said so far. */
class Appending {
  readonly child: ChildProcess;
  readonly startedFrom: Partial<Record<JournalLevel, number>> = {};
  readonly kept: Record<JournalLevel, number> = { written: 0, fsynced: 0 };
  readonly #ended: Promise<unknown>;
  #lines = 0;
  #onLine: () => void = () => {};

  constructor(folders: Folders) {
    this.child = spawn(process.execPath, [SCRIPT, ...Object.entries(folders).flatMap(([level, folder]) => [folder, level])], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // Compiling the same sources for each of them would take most of the time.
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'qt-compile-cache') },
    });
    const output = createInterface({ input: this.child.stdout! });
    // What it said before its end may still be in the pipe when it is gone.
    this.#ended = Promise.all([once(this.child, 'exit'), once(output, 'close')]);
    output.on('line', (line) => {
      const [word, level, seq] = line.split(' ') as [string, JournalLevel, string];
      if (word === 'open') this.startedFrom[level] = Number(seq);
      else this.kept[level] = Number(seq);
      this.#lines++;
      this.#onLine();
    });
  }

  begin(): void {
    this.child.stdin!.write('go');
  }

  /** Resolves when that many lines have come; rejects if the process ends before. */
  async said(lines: number): Promise<void> {
    const enough = new Promise<void>((resolve) => {
      this.#onLine = () => {
        if (this.#lines >= lines) resolve();
      };
      this.#onLine();
    });
    const failed = this.#ended.then(() => {
      throw new Error('the process ended on its own');
    });
    failed.catch(() => {});
    await Promise.race([enough, failed]);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#ended;
  }
}

describe('a process that is killed while it appends', () => {
  it(`loses nothing that was promised, at either level, over ${KILLS} kills`, async () => {
    const folders = { written: temporaryFolder(), fsynced: temporaryFolder() };
    const prng = createPrng(`kill/${process.env['SEED'] ?? Date.now()}`);
    const kept: Record<JournalLevel, number> = { written: 0, fsynced: 0 };
    let next = new Appending(folders);
    for (let kill = 0; kill < KILLS; kill++) {
      const appending = next;
      appending.begin();
      // The next one loads its code meanwhile.
      next = new Appending(folders);
      await appending.said(3 + prng.integer(80));
      // A few more turns of this loop, so that it is not always hit right after it wrote.
      for (let i = prng.integer(30); i > 0; i--) await new Promise(setImmediate);
      await appending.kill();

      for (const level of JOURNAL_LEVELS) {
        const startedFrom = appending.startedFrom[level];
        if (startedFrom !== undefined) expect(startedFrom, `kill ${kill}, ${level}`).toBeGreaterThanOrEqual(kept[level]);
        kept[level] = Math.max(kept[level], appending.kept[level]);
        const report = verifyJournal(folders[level]);
        expect(report.fault, `kill ${kill}, ${level}`).toBeNull();
        expect(report.lastSeq, `kill ${kill}, ${level}`).toBeGreaterThanOrEqual(kept[level]);
      }
    }

    await next.kill();
    for (const level of JOURNAL_LEVELS) {
      const journal = await openJournal(folders[level]);
      await journal.close();
      const events = readEvents(folders[level]);
      const wrong = events.filter(({ seq, payload }, i) => {
        const { n, text } = payload as { n: number; text: string };
        return seq !== i + 1 || n !== seq || text !== 't'.repeat(seq % 211);
      });
      expect(wrong, level).toEqual([]);
      expect(events, level).toHaveLength(journal.lastSeq);
      expect(kept[level], `${level}: nothing was promised, so nothing was tested`).toBeGreaterThan(0);
    }
  }, 120_000);

  it('has locked the journal until it is gone, and can be read meanwhile, in order and without a gap', async () => {
    const folder = temporaryFolder();
    const appending = new Appending({ written: folder });
    appending.begin();
    await appending.said(1);
    await expect(openJournal(folder)).rejects.toMatchObject({ code: 'QT_JOURNAL_LOCKED', details: { pid: appending.child.pid } });

    const reader = openJournalReader(folder);
    const stop = new AbortController();
    let next = 1;
    let faults = 0;
    const follow = reader.follow(
      (views, index, _length, seq) => {
        const { n } = reader.decoder.payload(views, index) as { n: number };
        if (seq !== next || n !== seq) faults++;
        next = seq + 1;
      },
      { signal: stop.signal, pollMs: 1 },
    );
    for await (const count of follow) if (count > 0 && next > 8000) stop.abort();
    const keptThen = appending.kept.written;
    await appending.kill();
    reader.readAll((_views, _index, _length, seq) => {
      if (seq !== next++) faults++;
    });
    reader.close();

    expect(faults).toBe(0);
    expect(next - 1).toBeGreaterThanOrEqual(Math.max(8000, keptThen));
    const journal = await openJournal(folder);
    await expect(openJournal(folder), 'nor can one process open it twice').rejects.toMatchObject({ code: 'QT_JOURNAL_LOCKED' });
    await journal.close();
    await (await openJournal(folder)).close();
  }, 60_000);
});

describe('a journal whose folder goes away', () => {
  it('stops with a coded failure, from its own thread', async () => {
    const folder = temporaryFolder();
    const frames = new Frames();
    const journal = await openJournal(folder, { segmentBytes: 4096, batchBytes: 1024 });
    const failed = new Promise<string>((resolve) => {
      journal.onFailure(({ code }) => resolve(code));
    });
    journal.types(frames.table.toRecords());
    rmSync(folder, { recursive: true });

    for (let i = 0; i < 100; i++) frames.append(journal);

    await expect(journal.whenDurable(journal.lastSeq)).rejects.toMatchObject({ code: 'QT_JOURNAL_WRITE_FAILED' });
    expect(await failed).toBe('QT_JOURNAL_WRITE_FAILED');
    await journal.close();
  });
});
