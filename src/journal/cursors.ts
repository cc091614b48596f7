import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { checkNumber, type QtError } from '../base/index.ts';
import { nodeFs, readWhole, replaceFile, writeFully, type JournalFs } from './file-system.ts';
import { attempt } from './segment-writer.ts';

export interface CursorOptions {
  /** Newest seq of the journal. Positions beyond it are of events that a power cut took, and are pulled back to it. */
  readonly lastSeq: number;
  /** How long an acknowledged position may be missing in the file, in ms, 0..60 000, default 100. 0: only `flush` writes. */
  readonly flushMs?: number;
  /** Bytes after which the file is written anew, 1 KiB or more, default 1 MiB. */
  readonly rewriteBytes?: number;
  readonly fs?: JournalFs;
}

const FILE = 'cursors';
const KIB = 1024;

/**
 * Where every group continues after a restart: the seq up to which it has acknowledged everything. One file beside the
 * log, made of checked lines; the last line of a group counts, and what cannot be read at the end is as if it was never
 * written. A position that is lost is an older one, which costs repeats of events and never skips one.
 *
 * Belongs to the thread and the process that have the journal open.
 */
export class CursorStore {
  /** Positions that were pulled back on opening: group -> where it had been. */
  readonly pulledBack: ReadonlyMap<string, number>;
  /** Why the last write in the background failed, null if it did not. Nothing is lost by it yet: the next one writes all. */
  failure: QtError | null = null;
  readonly #fs: JournalFs;
  readonly #path: string;
  readonly #flushMs: number;
  readonly #rewriteBytes: number;
  readonly #positions = new Map<string, number>();
  readonly #dirty = new Set<string>();
  #fd = -1;
  #bytes = 0;
  #timer: NodeJS.Timeout | null = null;

  /** @throws QtError QT_JOURNAL_WRITE_FAILED, QT_JOURNAL_DISK_FULL, QT_JOURNAL_SYNC_FAILED */
  constructor(directory: string, options: CursorOptions) {
    this.#fs = options.fs ?? nodeFs;
    this.#path = join(directory, FILE);
    this.#flushMs = checkNumber('flushMs', options.flushMs ?? 100, { min: 0, max: 60_000 });
    this.#rewriteBytes = checkNumber('rewriteBytes', options.rewriteBytes ?? 1024 * KIB, { min: KIB });
    this.pulledBack = attempt('write', () => this.#open(options.lastSeq));
  }

  /** The position of a group, 0 for a group that never had one. */
  get(group: string): number {
    return this.#positions.get(group) ?? 0;
  }

  has(group: string): boolean {
    return this.#positions.has(group);
  }

  /** All positions, by group. */
  entries(): ReadonlyMap<string, number> {
    return this.#positions;
  }

  /** The oldest seq that some group has not acknowledged, for retention; Infinity when there is no group. */
  get neededFromSeq(): number {
    let lowest = Infinity;
    // Marks of the log's own begin with a $; they hold nothing back.
    for (const [group, seq] of this.#positions) if (seq < lowest && !group.startsWith('$')) lowest = seq;
    return lowest + 1;
  }

  /** Moves a group, also backwards. Cheap: the file follows within `flushMs`. */
  set(group: string, seq: number): void {
    if (this.#positions.get(group) === seq) return;
    this.#positions.set(group, seq);
    this.#dirty.add(group);
    if (this.#timer !== null || this.#flushMs === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      try {
        this.flush();
        this.failure = null;
      } catch (error) {
        this.failure = error as QtError;
      }
    }, this.#flushMs);
    // Losing the last positions costs repeats; holding a process open for them would be worse.
    this.#timer.unref();
  }

  /** Forgets a group that will not come back, so that retention need not wait for it. */
  delete(group: string): void {
    if (!this.#positions.delete(group)) return;
    this.#dirty.delete(group);
    attempt('write', () => this.#rewrite());
  }

  /**
   * Writes what has changed: one write, whatever the number of groups.
   *
   * @throws QtError QT_JOURNAL_WRITE_FAILED, QT_JOURNAL_DISK_FULL
   */
  flush(): void {
    if (this.#dirty.size === 0) return;
    attempt('write', () => {
      let text = '';
      for (const group of this.#dirty) text += lineOf(group, this.#positions.get(group)!);
      const bytes = Buffer.from(text);
      if (this.#fd < 0 || this.#bytes + bytes.length > this.#rewriteBytes) {
        this.#rewrite();
      } else {
        writeFully(this.#fs, this.#fd, bytes, bytes.length, this.#bytes);
        this.#bytes += bytes.length;
      }
      this.#dirty.clear();
    });
  }

  /** Writes everything and lets go of the file. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.flush();
    if (this.#fd >= 0) this.#fs.close(this.#fd);
    this.#fd = -1;
  }

  #open(lastSeq: number): Map<string, number> {
    const pulledBack = new Map<string, number>();
    if (this.#fs.exists(this.#path)) {
      for (const [group, seq] of readLines(readWhole(this.#fs, this.#path))) this.#positions.set(group, seq);
    }
    for (const [group, seq] of this.#positions) {
      if (seq <= lastSeq) continue;
      pulledBack.set(group, seq);
      this.#positions.set(group, lastSeq);
    }
    // Also ends a torn line, and puts pulled back positions on the disk before their seqs are given out again.
    this.#rewrite();
    return pulledBack;
  }

  #rewrite(): void {
    let text = '';
    for (const [group, seq] of this.#positions) text += lineOf(group, seq);
    const bytes = Buffer.from(text);
    if (this.#fd >= 0) this.#fs.close(this.#fd);
    this.#fd = -1;
    replaceFile(this.#fs, this.#path, bytes, true);
    this.#fd = this.#fs.open(this.#path, 'write');
    this.#bytes = bytes.length;
  }
}

/**
 * The positions of all groups of a journal as they were last written, without its lock; an open journal may be up to
 * `flushMs` further. Empty for a journal without any.
 */
export function readCursors(directory: string, fs: JournalFs = nodeFs): ReadonlyMap<string, number> {
  const path = join(directory, FILE);
  return fs.exists(path) ? new Map(readLines(readWhole(fs, path))) : new Map();
}

function lineOf(group: string, seq: number): string {
  const text = JSON.stringify([group, seq]);
  return `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`;
}

/** The lines up to the first that cannot be read. */
function* readLines(bytes: Buffer): Generator<[group: string, seq: number]> {
  for (const line of bytes.toString().split('\n').slice(0, -1)) {
    const text = line.slice(9);
    if (line[8] !== ' ' || crc32(text) !== Number.parseInt(line.slice(0, 8), 16)) return;
    yield JSON.parse(text) as [string, number];
  }
}
