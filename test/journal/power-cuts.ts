/**
 * Cuts the power at every call that a run of the journal makes to its disk, in several ways each, and says what a new
 * process found that must not be.
 *
 *   run (two lives, retention, cursors) --before each call--> copy of the disk --cut--> open, read, compare --more, cut--> again
 */
import { basename } from 'node:path';
import { createPrng, ManualClock, type Prng } from '../../src/base/index.ts';
import { CursorStore, openJournal, verifyJournal, type Journal, type JournalOptions } from '../../src/journal/index.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { Frames, readEvents } from './support.ts';

const FOLDER = '/journal';
/** Events of the type that retention removes which must stay. */
const TICKS_KEPT = 20;
const EVENTS_PER_LIFE = 66;
const EVENTS_AFTERWARDS = 12;

export interface PowerCutOptions {
  readonly seed: string;
  /** Ways in which each moment is cut, at least 2: the first keeps nothing that was not synced, the second all of it. */
  readonly waysPerMoment: number;
  /** A flush that the disk forgets; the cuts must then show it. */
  readonly isIgnored?: SimulatedDisk['isIgnored'];
  /** Stop at the first violation; the latest moments, which have most behind them, come first. */
  readonly isFirstEnough?: boolean;
}

export interface PowerCutReport {
  /** Calls before which the power was cut, by what they were. */
  readonly moments: Readonly<Record<string, number>>;
  readonly cuts: number;
  /** How many left an unfinished end that was cut off. */
  readonly torn: number;
  /** How many groups had to be pulled back because they were ahead of the log. */
  readonly pulledBack: number;
  readonly violations: readonly string[];
}

/** What was promised and done at some moment. */
interface Ledger {
  /** Everything up to here was acknowledged. */
  promised: number;
  /** Text of each event by seq, from 1 on. */
  readonly texts: string[];
  /** Newest seq that some event of the run had when retention last ran. */
  retainedAt: number;
  /** Positions of `slow`, which acknowledges what is durable, and of `fast`, which runs ahead. */
  readonly cursors: Record<'slow' | 'fast', { atOpening: number; newest: number }>;
}

interface Moment {
  readonly name: string;
  readonly disk: SimulatedDisk;
  readonly ledger: Ledger;
}

/** Explores all moments of one run. Equal options give equal reports. */
export async function cutPowerEverywhere(options: PowerCutOptions): Promise<PowerCutReport> {
  const disk = new SimulatedDisk();
  if (options.isIgnored !== undefined) disk.isIgnored = options.isIgnored;
  const ledger = newLedger();
  const moments: Moment[] = [];
  disk.onCall = (call, path) => {
    moments.push({ name: `${call} ${kindOf(path)}`, disk: disk.copy(), ledger: structuredClone(ledger) });
    return null;
  };
  await live(disk, ledger, { isSwapped: false, events: EVENTS_PER_LIFE, prng: createPrng(`${options.seed}/1`) });
  await live(disk, ledger, { isSwapped: true, events: EVENTS_PER_LIFE, prng: createPrng(`${options.seed}/2`) });

  const report = { moments: {} as Record<string, number>, cuts: 0, torn: 0, pulledBack: 0, violations: [] as string[] };
  for (let i = moments.length - 1; i >= 0; i--) {
    const moment = moments[i]!;
    report.moments[moment.name] = (report.moments[moment.name] ?? 0) + 1;
    for (let way = 0; way < options.waysPerMoment; way++) {
      const prng = createPrng(`${options.seed}/${i}/${way}`);
      const found = moment.disk.cutPower(prng, way < 2 ? way : undefined);
      if (options.isIgnored !== undefined) found.isIgnored = options.isIgnored;
      // The third way begins with a kill: what a new process makes of it is all that the power can take.
      const start = way === 2 ? moment.disk.copy() : found;
      report.cuts++;
      try {
        await examine(start, moment.ledger, prng, report);
      } catch (error) {
        report.violations.push(`way ${way}, before call ${i} (${moment.name}): ${(error as Error).message}`);
        if (options.isFirstEnough === true) return report;
      }
    }
  }
  return report;
}

/** Opens what a crash has left, compares, goes on for a while, cuts the power once more and compares again. */
async function examine(disk: SimulatedDisk, ledger: Ledger, prng: Prng, report: { torn: number; pulledBack: number }): Promise<void> {
  const next = structuredClone(ledger);
  const journal = await open(disk);
  try {
    compare(disk, journal, ledger);
    if (journal.recovery.cut !== null) report.torn++;
    const cursors = new CursorStore(FOLDER, { fs: disk, lastSeq: journal.lastSeq, flushMs: 0 });
    report.pulledBack += cursors.pulledBack.size;
    next.texts.length = journal.lastSeq + 1;
    next.promised = journal.lastSeq;
    for (const group of ['slow', 'fast'] as const) {
      checkCursor(group, cursors.get(group), ledger.cursors[group], journal.lastSeq);
      next.cursors[group] = { atOpening: cursors.get(group), newest: cursors.get(group) };
    }
    // Nobody acknowledges what comes now: no group may be found in it.
    const frames = new Frames();
    journal.types(frames.table.toRecords());
    for (let i = 0; i < EVENTS_AFTERWARDS; i++) append(journal, frames, next, prng);
    await journal.whenDurable(journal.lastSeq);
    next.promised = journal.lastSeq;
    cursors.close();
  } finally {
    // As a power cut does it: with no word to the disk.
    disk.onCall = () => ({ call: 'write', code: 'EIO' });
    const after = disk.cutPower(prng);
    await journal.close().catch(() => {});
    disk = after;
  }
  const again = await open(disk);
  compare(disk, again, next);
  const cursors = new CursorStore(FOLDER, { fs: disk, lastSeq: again.lastSeq, flushMs: 0 });
  for (const group of ['slow', 'fast'] as const) checkCursor(group, cursors.get(group), next.cursors[group], again.lastSeq);
  cursors.close();
  await again.close();
  if (disk.openFiles > 0) throw new Error(`${disk.openFiles} files are still open`);
}

function open(disk: SimulatedDisk): Promise<Journal> {
  return openJournal(FOLDER, journalOptions(disk));
}

function journalOptions(disk: SimulatedDisk): JournalOptions {
  return {
    fs: disk,
    clock: new ManualClock(),
    level: 'fsynced',
    segmentBytes: 4096,
    batchBytes: 1024,
    batchMs: 0,
    ringBytes: 65_536,
    retention: {
      types: { 'journal_test.tick': { retentionMs: 'forever', maxLength: TICKS_KEPT } },
      auditTypes: ['journal_test.audit'],
      rewriteRatio: 0.2,
    },
  };
}

/** From opening to closing in peace. */
async function live(disk: SimulatedDisk, ledger: Ledger, how: { isSwapped: boolean; events: number; prng: Prng }): Promise<void> {
  const journal = await open(disk);
  const cursors = new CursorStore(FOLDER, { fs: disk, lastSeq: journal.lastSeq, flushMs: 0, rewriteBytes: 1024 });
  for (const group of ['slow', 'fast'] as const) ledger.cursors[group].atOpening = cursors.get(group);
  const move = (group: 'slow' | 'fast', seq: number): void => {
    ledger.cursors[group].newest = seq;
    cursors.set(group, seq);
  };
  // Other numbers for the same types: a segment has to begin, or to begin again.
  const frames = new Frames(65_536, how.isSwapped);
  journal.types(frames.table.toRecords());
  const last = journal.lastSeq + how.events;
  for (let round = 0; journal.lastSeq < last; round++) {
    for (let i = how.prng.integer(8); i >= 0; i--) append(journal, frames, ledger, how.prng);
    move('fast', journal.lastSeq);
    cursors.flush();
    const { lastSeq } = journal;
    await journal.whenDurable(lastSeq);
    ledger.promised = lastSeq;
    if (round % 2 === 0) move('slow', lastSeq);
    if (round % 5 !== 4) continue;
    ledger.retainedAt = lastSeq;
    await journal.retain(Infinity);
  }
  cursors.close();
  await journal.close();
}

function append(journal: Journal, frames: Frames, ledger: Ledger, prng: Prng): void {
  const seq = journal.lastSeq + 1;
  ledger.texts[seq] = `${seq} ${'y'.repeat(prng.integer(300))}`;
  frames.append(journal, { type: typeOf(seq), text: ledger.texts[seq] });
}

function typeOf(seq: number): 'tick' | 'audit' {
  return seq % 6 === 0 ? 'audit' : 'tick';
}

function compare(disk: SimulatedDisk, journal: Journal, ledger: Ledger): void {
  const { lastSeq } = journal;
  if (lastSeq < ledger.promised) throw new Error(`seq ${ledger.promised} was acknowledged, but the log ends at ${lastSeq}`);
  if (lastSeq >= Math.max(1, ledger.texts.length)) throw new Error(`the log ends at ${lastSeq}, which nobody appended`);
  const { fault } = verifyJournal(FOLDER, disk);
  if (fault !== null) throw new Error(`verify found ${fault.reason} at byte ${fault.offset} of ${fault.file}`);
  const events = new Map(readEvents(FOLDER, { fs: disk }).map((event) => [event.seq, event]));
  for (let seq = 1; seq <= lastSeq; seq++) {
    const event = events.get(seq);
    if (event === undefined) {
      if (typeOf(seq) === 'audit' || seq > ledger.retainedAt - TICKS_KEPT) throw new Error(`seq ${seq} is missing in the log`);
      continue;
    }
    const { n, text } = event.payload as { n: number; text: string };
    if (n !== seq || text !== ledger.texts[seq] || event.type !== `journal_test.${typeOf(seq)}` || event.key !== `key-${seq % 7}`)
      throw new Error(`seq ${seq} is another event than the one that was appended`);
  }
  for (const seq of events.keys()) if (seq > lastSeq) throw new Error(`seq ${seq} can be read, but the log ends at ${lastSeq}`);
}

function checkCursor(group: string, found: number, { atOpening, newest }: { atOpening: number; newest: number }, lastSeq: number): void {
  if (found > lastSeq) throw new Error(`${group} continues behind ${found}, but the log ends at ${lastSeq}`);
  if (found > newest) throw new Error(`${group} continues behind ${found}, but had acknowledged up to ${newest} only`);
  if (found < Math.min(atOpening, lastSeq)) throw new Error(`${group} continues behind ${found}, but was at ${atOpening} long before`);
}

function newLedger(): Ledger {
  return {
    promised: 0,
    texts: [''],
    retainedAt: 0,
    cursors: { slow: { atOpening: 0, newest: 0 }, fast: { atOpening: 0, newest: 0 } },
  };
}

/** What kind of file it is: all segments are one kind. */
function kindOf(path: string): string {
  return basename(path).replace(/^\d{16}/, '*') || path;
}
