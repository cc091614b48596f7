/**
 * Torture: a process that embeds the bus is kept under load while threads die, hang and run out of memory, handlers throw
 * whatever can be thrown, and the process itself is stopped and starved. This process watches from outside.
 *
 *   parent --orders, freezes--> child (bus, 2 threads) --every run, one line--> log file --> witness --> history checker
 *          <--books of each quiet moment--
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createPrng } from '../../src/base/index.ts';
import type { BusStats } from '../../src/index.ts';
import type { ChildMessage, Orders, Sample } from './messages.ts';
import { FAULTS, nextDelay, type Fault, type Situation } from './plan.ts';
import { findTrends, median, type Trend } from './trend.ts';
import { Witness } from './witness.ts';

export interface TortureOptions {
  readonly seed: number;
  readonly runMs: number;
  readonly ratePerSecond: number;
  readonly faults: readonly Fault[];
  /** Run the child on one processor core. */
  readonly isOneCore: boolean;
  readonly lie: Orders['lie'];
  readonly onProgress?: (line: string) => void;
}

export interface TortureReport {
  /** Empty: every promise was kept. */
  readonly faults: readonly string[];
  /** What the engine said last about its threads. */
  readonly said: readonly string[];
  readonly injected: ReadonlyMap<Fault, number>;
  readonly stats: BusStats | null;
  readonly figures: Readonly<Record<string, number>>;
  readonly trends: readonly Trend[];
}

/** The log is emptied when it is larger than this and everything in it was checked. */
const LOG_BYTES_MAX = 256 * 1024 * 1024;
const ROUNDS_MIN = 12;
const ROUND_MS_MAX = 10_000;
/** The child gives up draining after a minute; silence beyond that means that it hangs. */
const SILENCE_MS_MAX = 90_000;
/** Latest words of the engine that are kept for the report. */
const SAID_MAX = 40;
const EXIT_MS_MAX = 10_000;
/** Share of the runs that may be given up by time for no fault of theirs. A frozen or stalled process must not add to them. */
const FALSE_TIMEOUTS_MAX_RATIO = 0.0001;
/**
 * Threads that may be replaced although nothing in them hung: on a busy machine a thread may get no processor for as
 * long as a handler may take, and nobody can tell the two apart.
 */
const UNPLANNED_DEATHS_MAX = 3;
const UNPLANNED_DEATHS_MAX_RATIO = 0.1;

export async function torture(options: TortureOptions): Promise<TortureReport> {
  const folder = mkdtempSync(join(tmpdir(), 'torture-'));
  try {
    return await new Torture(options, join(folder, 'history.log')).run();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class Torture {
  readonly #options: TortureOptions;
  readonly #logPath: string;
  readonly #witness: Witness;
  readonly #faults: string[] = [];
  readonly #samples: Sample[] = [];
  readonly #said: string[] = [];
  #child!: ChildProcess;
  #stats: BusStats | null = null;
  #situations: Partial<Record<Situation, number>> = {};
  #backPressure = 0;
  #isOver = false;
  readonly #ended = new AbortController();
  #isQuiet = false;
  #lastWordMs = performance.now();

  constructor(options: TortureOptions, logPath: string) {
    this.#options = options;
    this.#logPath = logPath;
    writeFileSync(logPath, '');
    this.#witness = new Witness(logPath);
  }

  async run(): Promise<TortureReport> {
    const child = (this.#child = this.#spawn());
    const exit = once(child, 'exit');
    child.on('message', (message) => this.#hear(message as ChildMessage));
    child.send(this.#orders());
    const freezing = this.#freeze();
    void exit.then(() => this.#end());
    while (!this.#isOver) {
      this.#witness.read();
      if (this.#witness.checker.violation !== null) this.#end();
      if (performance.now() - this.#lastWordMs > SILENCE_MS_MAX + this.#orders().roundMs) {
        this.#fail('the process has said nothing for too long');
        this.#end();
      }
      await sleep(50);
    }
    const wasAlive = child.exitCode === null && child.signalCode === null;
    child.kill('SIGKILL');
    const [code, signal] = (await exit) as [number | null, string | null];
    await freezing;
    if (!wasAlive && this.#faults.length === 0 && (code !== 0 || signal !== null))
      this.#fail(`the process ended with ${signal ?? `code ${code}`}`);
    this.#conclude();
    this.#witness.close();
    return this.#report();
  }

  #orders(): Orders {
    const { seed, runMs, ratePerSecond, faults, lie } = this.#options;
    return { seed, runMs, ratePerSecond, faults, lie, logPath: this.#logPath, roundMs: Math.min(ROUND_MS_MAX, runMs / ROUNDS_MIN) };
  }

  #spawn(): ChildProcess {
    const script = fileURLToPath(new URL('./bus-under-load.ts', import.meta.url));
    const [execPath, ...before] = this.#options.isOneCore ? ['taskset', '-c', '0', process.execPath] : [process.execPath];
    return fork(script, [], {
      execPath: execPath!,
      execArgv: [...before, '--expose-gc', '--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  #hear(message: ChildMessage): void {
    this.#lastWordMs = performance.now();
    switch (message.kind) {
      case 'drained':
        this.#stats = message.stats;
        this.#samples.push(message.sample);
        this.#situations = message.situations;
        this.#compare(message.stats);
        if (this.#faults.length > 0) return this.#end();
        if (this.#witness.position > LOG_BYTES_MAX) {
          truncateSync(this.#logPath, 0);
          this.#witness.rewind();
        }
        this.#tellProgress(message.stats);
        this.#child.send('go');
        return;
      case 'said':
        this.#said.push(message.text);
        if (this.#said.length > SAID_MAX) this.#said.shift();
        return;
      case 'stuck':
        this.#stats = message.stats;
        this.#compare(message.stats);
        this.#fail(`the bus did not drain: ${message.message}`);
        return this.#end();
      case 'finished':
        this.#backPressure = message.backPressure;
        if (message.pending !== 0) this.#fail(`${message.pending} deliveries were pending after the bus had stopped`);
        this.#isQuiet = true;
        void this.#expectExit();
        return;
      case 'failed':
        this.#fail(`the process failed: ${message.message}`);
        return this.#end();
    }
  }

  /** Everything is quiet: the books must agree with what was seen. */
  #compare(stats: BusStats): void {
    const violation = this.#witness.settle(stats.perGroup);
    if (violation !== null) {
      const story = violation.story.slice(-60).map((line) => `\n    ${line}`);
      this.#fail(`${violation.invariant}: ${violation.message}${story.join('')}`);
      return;
    }
    const { accepted, derived, deathsPlanned } = this.#witness;
    if (stats.published !== accepted + derived) this.#fail(`I9: ${stats.published} published, but ${accepted + derived} were seen`);
    const settled = stats.acknowledged + stats.deadLettered + stats.dropped + stats.pending;
    if (stats.dispatched !== settled) this.#fail(`I9: ${stats.dispatched} dispatched, but ${settled} settled`);
    if (stats.crashes > deathsPlanned * (1 + UNPLANNED_DEATHS_MAX_RATIO) + UNPLANNED_DEATHS_MAX)
      this.#fail(`${stats.crashes} threads died, but only ${deathsPlanned} were told to`);
  }

  #conclude(): void {
    if (this.#faults.length > 0) return;
    const { violation } = this.#witness.checker;
    if (violation !== null) {
      this.#fail(
        `${violation.invariant}: ${violation.message}${violation.story
          .slice(-60)
          .map((line) => `\n    ${line}`)
          .join('')}`,
      );
      return;
    }
    const { falseTimeouts, started } = this.#witness;
    if (falseTimeouts > Math.max(3, started * FALSE_TIMEOUTS_MAX_RATIO))
      this.#fail(`${falseTimeouts} runs were given up by time although nothing in them hung`);
    for (const { figure, early, late, isFlat } of findTrends(this.#samples))
      if (!isFlat) this.#fail(`${figure} grew from ${early} to ${late}`);
  }

  /** Stops the whole process for a while, now and then, and lets it go on. */
  async #freeze(): Promise<void> {
    if (!this.#options.faults.includes('freeze')) return;
    const prng = createPrng(`torture:${this.#options.seed}:freeze`);
    for (;;) {
      await this.#pause(Math.min(nextDelay(prng, 'freeze'), this.#options.runMs / 3));
      if (this.#isOver || this.#isQuiet) return;
      this.#child.kill('SIGSTOP');
      await sleep(1000 + 2000 * prng.next());
      this.#child.kill('SIGCONT');
      this.#witness.count('freeze');
    }
  }

  async #expectExit(): Promise<void> {
    await this.#pause(EXIT_MS_MAX);
    if (this.#isOver) return;
    this.#fail('the process does not end although the bus has stopped');
    this.#end();
  }

  #fail(fault: string): void {
    this.#faults.push(fault);
  }

  #end(): void {
    this.#isOver = true;
    this.#ended.abort();
  }

  /** A pause that the end of the run cuts short. */
  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#ended.signal }).catch(() => {});
  }

  #tellProgress(stats: BusStats): void {
    const sample = this.#samples.at(-1)!;
    const { published, dispatched, retried, deadLettered, crashes } = stats;
    this.#options.onProgress?.(
      `${published} events, ${dispatched} deliveries, ${retried} retries, ${deadLettered} dead letters, ${crashes} threads lost, ` +
        `heap ${sample.heapMb} external ${sample.externalMb} rss ${sample.rssMb} MB, ${sample.resources} resources`,
    );
  }

  #report(): TortureReport {
    const { redeliveryMs, injected, checker, falseTimeouts } = this.#witness;
    const all = new Map<Fault, number>();
    for (const fault of FAULTS) {
      if (!this.#options.faults.includes(fault)) continue;
      all.set(fault, (injected.get(fault) ?? 0) + (this.#situations[fault as Situation] ?? 0));
    }
    const figures = {
      'records checked': checker.seen.records,
      'deaths that the history shows': checker.seen.deaths,
      'threads lost for no fault of theirs': Math.max(0, (this.#stats?.crashes ?? 0) - this.#witness.deathsPlanned),
      'runs given up for no fault of theirs': falseTimeouts,
      'publishes that had to wait': this.#backPressure,
      'redeliveries after a death': redeliveryMs.length,
      'death to redelivery, ms, p50': Math.round(median(redeliveryMs)),
      'death to redelivery, ms, max': Math.round(redeliveryMs.reduce((a, b) => Math.max(a, b), 0)),
    };
    return { faults: this.#faults, said: this.#said, injected: all, stats: this.#stats, figures, trends: findTrends(this.#samples) };
  }
}
