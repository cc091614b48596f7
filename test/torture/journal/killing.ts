/**
 * Torture of the journal: a process publishes through a journalled bus as fast as it goes and is killed with SIGKILL, again
 * and again, on the same directory. This process hears what was acknowledged and looks after each kill for all of it.
 *
 *   parent --orders--> child (bus, worker, writer thread) --what is kept, over a pipe--> ledger
 *     `--SIGKILL--------^    |            `--segments--> directory <--verify, read------ ledger
 *                            `--durable groups: what they finished--> files -----------> witnesses
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { createPrng, type Prng } from '../../../src/base/index.ts';
import { GROUPS, GroupWitness } from './groups.ts';
import { Ledger } from './ledger.ts';
import { Life } from './life.ts';
import { AIMS, type Lie, type Orders, type Said } from './orders.ts';

export interface KillingOptions {
  readonly seed: number;
  readonly kills: number;
  /** Ends earlier, after the kill at hand. */
  readonly runMs: number;
  readonly lie: Lie | null;
  readonly onProgress?: (line: string) => void;
}

export interface KillingReport {
  /** Empty: every promise was kept. */
  readonly faults: readonly string[];
  readonly kills: number;
  /** Where the kills hit, by what the process was doing as far as it had said. */
  readonly injected: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, number>>;
}

/** No step of a life takes longer, unless the process hangs. */
const STEP_MS_MAX = 60_000;
/** How much a process may publish until it comes to the call that it is to die before; then it is killed as any other. */
const AIM_WINDOWS_MAX = 150;
/** Catching up takes as long as handling all that was published since the groups were last left in peace. */
const QUIET_MS_MAX = 600_000;
/** Kills between two processes that publish nothing, let the groups catch up and close in peace. */
const QUIET_EVERY = 20;
const PROGRESS_EVERY = 25;

/** Kills as often as told, unless a promise is broken before. Never rejects for a broken promise. */
export async function tortureJournal(options: KillingOptions): Promise<KillingReport> {
  const folder = mkdtempSync(join(tmpdir(), 'torture-journal-'));
  try {
    return await new Killing(options, folder).run();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class Killing {
  readonly #options: KillingOptions;
  readonly #folder: string;
  readonly #directory: string;
  readonly #ledger: Ledger;
  readonly #groups: readonly GroupWitness[];
  readonly #prng: Prng;
  readonly #injected: Record<string, number> = {};
  readonly #faults: string[] = [];
  readonly #sums = {
    openings: 0,
    closings: 0,
    cutEnds: 0,
    cutBytes: 0,
    indexesRebuilt: 0,
    leftoversRemoved: 0,
    segmentsRemoved: 0,
    segmentsRewritten: 0,
  };
  #kills = 0;
  #kept = 0;
  /** Kills before the process that was last left in peace. */
  #quietAt = 0;
  #publishingMs = 0;
  /** Bytes that the next opening must cut, as verify saw them. */
  #unfinishedBytes = 0;

  constructor(options: KillingOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
    this.#directory = join(folder, 'journal');
    this.#ledger = new Ledger(this.#directory, options.seed);
    this.#groups = GROUPS.map((group) => new GroupWitness(folder, group));
    this.#prng = createPrng(`torture-journal:${options.seed}`);
  }

  async run(): Promise<KillingReport> {
    const { kills, runMs, onProgress } = this.#options;
    const start = performance.now();
    let next = this.#spawn();
    while (this.#kills < kills && performance.now() - start < runMs && this.#faults.length === 0) {
      const life = next;
      const isQuiet = this.#kills > this.#quietAt && this.#kills % QUIET_EVERY === 0;
      if (isQuiet) this.#quietAt = this.#kills;
      // The next one loads its code meanwhile.
      next = this.#spawn();
      if (isQuiet) await this.#quiet(life);
      else await this.#live(life);
      if (!isQuiet && this.#kills % PROGRESS_EVERY === 0)
        onProgress?.(`${this.#kills} kills, ${this.#ledger.keptSeq} events acknowledged, ${this.#ledger.lastSeq} in the journal`);
    }
    if (this.#faults.length === 0) await this.#quiet(next);
    await next.kill();
    for (const group of this.#groups) group.close();
    return { faults: this.#faults, kills: this.#kills, injected: this.#injected, figures: this.#figures() };
  }

  /** From the orders to the kill and the look at what is left. */
  async #live(life: Life): Promise<void> {
    const prng = this.#prng;
    const way = this.#kills === 0 ? 'load' : pick(prng, ['load', 'load', 'opening', 'retention', 'aimed', 'aimed'] as const);
    const aim = way === 'aimed' ? { call: pick(prng, AIMS), count: 1 + prng.integer(20) } : null;
    await life.wait('ready', 1, STEP_MS_MAX);
    life.begin(this.#orders(aim));
    const startMs = performance.now();
    switch (way) {
      case 'load':
        await life.wait('kept', 1 + prng.integer(60), STEP_MS_MAX);
        break;
      case 'retention':
        await life.wait('retaining', 1 + prng.integer(3), STEP_MS_MAX);
        break;
      case 'opening':
        await life.wait('opening', 1, STEP_MS_MAX);
        await sleep(prng.integer(40));
        break;
      case 'aimed':
        await life.wait('kept', AIM_WINDOWS_MAX, STEP_MS_MAX);
    }
    // A few more turns of this loop, so that it is not always hit right after it spoke.
    for (let i = prng.integer(30); i > 0; i--) await turn();
    await life.kill();
    if (life.said('running') > 0) this.#publishingMs += performance.now() - startMs;
    this.#kills++;
    this.#count(phaseOf(life, aim?.call ?? null));
    this.#look();
  }

  /** A life without a kill: the groups catch up, everything is closed in peace, and nothing may be left undone. */
  async #quiet(life: Life): Promise<void> {
    await life.wait('ready', 1, STEP_MS_MAX);
    life.begin({ ...this.#orders(null), isQuiet: true });
    await life.wait('closed', 1, QUIET_MS_MAX);
    if (life.said('closed') === 0) this.#fail('a process that was left in peace did not come to its end');
    else await life.wait('ended', 1, STEP_MS_MAX);
    await life.kill();
    this.#look();
    if (this.#faults.length > 0) return;
    this.#sums.closings++;
    try {
      for (const group of this.#groups) group.expectAll(this.#ledger.lastSeq);
    } catch (error) {
      this.#fail((error as Error).message);
    }
  }

  #orders(aim: Orders['aim']): Orders {
    const { seed, lie } = this.#options;
    const level = this.#prng.next() < 0.8 ? 'written' : 'fsynced';
    // Small ones, so that new segments and retention are frequent; each begins with 80 KB of dictionary.
    const segmentBytes = pick(this.#prng, [131_072, 262_144, 1_048_576]);
    const batchBytes = pick(this.#prng, [4096, 65_536]);
    return { directory: this.#directory, recordFolder: this.#folder, seed, level, segmentBytes, batchBytes, aim, isQuiet: false, lie };
  }

  #spawn(): Life {
    return new Life((_life, said) => this.#hear(said));
  }

  #hear(said: Said): void {
    switch (said.word) {
      case 'open':
        this.#sums.openings++;
        if (said.cutBytes > 0) this.#sums.cutEnds++;
        this.#sums.cutBytes += said.cutBytes;
        this.#sums.indexesRebuilt += said.indexesRebuilt;
        this.#sums.leftoversRemoved += said.leftoversRemoved;
        if (said.lastSeq !== this.#ledger.lastSeq)
          this.#fail(`the journal was opened at seq ${said.lastSeq}, but ends at ${this.#ledger.lastSeq}`);
        if (said.cutBytes !== this.#unfinishedBytes)
          this.#fail(`opening has cut ${said.cutBytes} bytes, but ${this.#unfinishedBytes} were unfinished`);
        return;
      case 'kept': {
        const bytes = Buffer.from(said.crcs, 'base64');
        const crcs = new Uint32Array(bytes.length / 4).map((_, i) => bytes.readUInt32LE(i * 4));
        this.#kept += crcs.length;
        this.#ledger.keep(said.fromSeq, crcs);
        return;
      }
      case 'retained':
        this.#sums.segmentsRemoved += said.segmentsRemoved;
        this.#sums.segmentsRewritten += said.segmentsRewritten;
        if (said.failures.length > 0) this.#fail(`retention failed: ${said.failures[0]}`);
        return;
      case 'failed':
        this.#fail(`the process failed: ${said.message}`);
    }
  }

  #look(): void {
    try {
      const { unfinishedBytes } = this.#ledger.check();
      this.#unfinishedBytes = unfinishedBytes;
      for (const group of this.#groups) group.read(this.#ledger.lastSeq);
    } catch (error) {
      this.#fail((error as Error).message);
    }
  }

  #count(phase: string): void {
    this.#injected[phase] = (this.#injected[phase] ?? 0) + 1;
  }

  #fail(fault: string): void {
    this.#faults.push(`kill ${this.#kills}: ${fault}`);
  }

  #figures(): Record<string, number> {
    const { openings, closings, cutEnds, cutBytes, indexesRebuilt, leftoversRemoved, segmentsRemoved, segmentsRewritten } = this.#sums;
    const perGroup = this.#groups.map(({ group, firsts, repeats, takenBack }) => [
      [`finished by the durable group on ${group}`, firsts],
      [`finished again by ${group}`, repeats],
      [`keys of ${group} ahead of the journal at a kill`, takenBack],
    ]);
    return {
      ...(Object.fromEntries(perGroup.flat()) as Record<string, number>),
      'events acknowledged': this.#kept,
      'newest seq acknowledged': this.#ledger.keptSeq,
      'newest seq in the journal': this.#ledger.lastSeq,
      'compared with the bytes committed': this.#ledger.comparedBytes,
      'removed by retention': this.#ledger.removed,
      'openings that ended': openings,
      'closed in peace, with nothing left undone': closings,
      'unfinished ends cut off': cutEnds,
      'bytes cut off': cutBytes,
      'indexes built again': indexesRebuilt,
      'leftovers of a merge removed': leftoversRemoved,
      'segments removed by retention': segmentsRemoved,
      'segments rewritten by retention': segmentsRewritten,
      'events per second of a process': Math.round((this.#kept / Math.max(1, this.#publishingMs)) * 1000),
    };
  }
}

function pick<T>(prng: Prng, list: readonly T[]): T {
  return list[prng.integer(list.length)]!;
}

function phaseOf(life: Life, aim: string | null): string {
  if (life.said('aimed') > 0) return `before a ${aim} of the writer`;
  if (life.said('open') === 0) return 'while opening';
  if (life.said('running') === 0) return 'while starting the bus';
  return life.said('retaining') > life.said('retained') ? 'under load, in retention' : 'under load';
}
