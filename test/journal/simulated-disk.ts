/**
 * A disk in memory behind the journal's port, which can fill up, fail, and lose its power.
 *
 * Every file has two states: what a reader sees, and what is on the platter. A sync of the file copies the one to the
 * other; a sync of the directory does so for names, also for those of directories in it. A power cut keeps the platter,
 * plus whatever sectors of unsynced writes, and unsynced names, happened to get there, in any order.
 */
import { basename, dirname } from 'node:path';
import type { Prng } from '../../src/base/index.ts';
import type { JournalFs } from '../../src/journal/index.ts';

const SECTOR = 512;

class File {
  seen: Buffer = Buffer.alloc(0);
  platter: Buffer = Buffer.alloc(0);
}

export interface DiskFault {
  readonly call: 'write' | 'sync' | 'syncDirectory' | 'create' | 'truncate' | 'rename' | 'unlink' | 'makeDirectory';
  readonly code: string;
  /** Bytes that a failing write still gets onto the disk. */
  readonly partialBytes?: number;
}

export class SimulatedDisk implements JournalFs {
  /** Bytes that fit; unlimited by default. */
  capacity = Infinity;
  /** Decides before each call whether it fails. */
  onCall: (call: DiskFault['call'], path: string) => DiskFault | null = () => null;
  /** A disk that says of this flush that it is done, and has done nothing. */
  isIgnored: (call: 'sync' | 'syncDirectory', path: string) => boolean = () => false;
  calls = 0;
  syncs = 0;
  #names = new Map<string, File>();
  #durableNames = new Map<string, File>();
  #open = new Map<number, { file: File; path: string }>();
  /** Whether the name of each directory is on the platter. */
  #directories = new Map<string, boolean>();
  #locks = new Set<string>();
  #nextFd = 3;

  makeDirectory(path: string): void {
    if (this.#directories.has(path)) return;
    this.#try('makeDirectory', path);
    this.#directories.set(path, false);
  }

  readDirectory(path: string): string[] {
    return [...this.#names.keys()].filter((name) => dirname(name) === path).map((name) => basename(name));
  }

  open(path: string, mode: 'read' | 'write' | 'create'): number {
    let file = this.#names.get(path);
    if (mode === 'create') {
      this.#try('create', path);
      if (file !== undefined) throw systemError('EEXIST', path);
      file = new File();
      this.#names.set(path, file);
    }
    if (file === undefined) throw systemError('ENOENT', path);
    this.#open.set(this.#nextFd, { file, path });
    return this.#nextFd++;
  }

  size(fd: number): number {
    return this.#of(fd).file.seen.length;
  }

  read(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number {
    const { seen } = this.#of(fd).file;
    return seen.copy(bytes, offset, position, Math.min(seen.length, position + length));
  }

  write(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number {
    const { file, path } = this.#of(fd);
    const fault = this.onCall('write', path);
    this.calls++;
    if (fault !== null) {
      put(file, bytes.subarray(offset, offset + Math.min(length, fault.partialBytes ?? 0)), position);
      throw systemError(fault.code, path);
    }
    const room = this.capacity - this.usedBytes() + Math.max(0, Math.min(length, file.seen.length - position));
    if (room <= 0) throw systemError('ENOSPC', path);
    const count = Math.min(length, room);
    put(file, bytes.subarray(offset, offset + count), position);
    return count;
  }

  truncate(fd: number, length: number): void {
    const { file, path } = this.#of(fd);
    this.#try('truncate', path);
    file.seen = Buffer.from(file.seen.subarray(0, length));
  }

  sync(fd: number): void {
    const { file, path } = this.#of(fd);
    this.#try('sync', path);
    this.syncs++;
    if (!this.isIgnored('sync', path)) file.platter = Buffer.from(file.seen);
  }

  syncDirectory(path: string): void {
    this.#try('syncDirectory', path);
    if (this.isIgnored('syncDirectory', path)) return;
    for (const name of this.#directories.keys()) if (dirname(name) === path) this.#directories.set(name, true);
    for (const name of new Set([...this.#names.keys(), ...this.#durableNames.keys()])) if (dirname(name) === path) this.#harden(name);
  }

  close(fd: number): void {
    this.#of(fd);
    this.#open.delete(fd);
  }

  rename(from: string, to: string): void {
    this.#try('rename', from);
    const file = this.#names.get(from);
    if (file === undefined) throw systemError('ENOENT', from);
    this.#names.delete(from);
    this.#names.set(to, file);
  }

  unlink(path: string): void {
    this.#try('unlink', path);
    if (!this.#names.delete(path)) throw systemError('ENOENT', path);
  }

  exists(path: string): boolean {
    return this.#names.has(path);
  }

  lock(path: string): (() => void) | null {
    if (this.#locks.has(path)) return null;
    this.#locks.add(path);
    return () => this.#locks.delete(path);
  }

  usedBytes(): number {
    let bytes = 0;
    for (const { seen } of this.#names.values()) bytes += seen.length;
    return bytes;
  }

  /** Open files that nobody closed. */
  get openFiles(): number {
    return this.#open.size;
  }

  content(path: string): Buffer {
    return this.#names.get(path)!.seen;
  }

  setContent(path: string, bytes: Buffer): void {
    const file = this.#names.get(path) ?? new File();
    file.seen = Buffer.from(bytes);
    file.platter = Buffer.from(bytes);
    this.#names.set(path, file);
    this.#durableNames.set(path, file);
    this.#directories.set(dirname(path), true);
  }

  remove(path: string): void {
    this.#names.delete(path);
    this.#durableNames.delete(path);
  }

  paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  /**
   * What a new process finds on a disk whose power was cut now.
   *
   * @param share of what was not synced that got onto the platter, 0..1; random by default
   */
  cutPower(prng: Prng, share?: number): SimulatedDisk {
    const isKept = (): boolean => prng.next() < (share ?? 0.5);
    const after = new SimulatedDisk();
    const names = new Map(this.#durableNames);
    for (const path of new Set([...this.#names.keys(), ...names.keys()])) {
      const [now, durable] = [this.#names.get(path), names.get(path)];
      if (now === durable || !isKept()) continue;
      if (now === undefined) names.delete(path);
      else names.set(path, now);
    }
    const lost = [...this.#directories].filter(([, isDurable]) => !isDurable && !isKept()).map(([path]) => path);
    for (const [path, file] of names) if (!lost.includes(dirname(path))) after.setContent(path, survivors(file, prng, share));
    return after;
  }

  /** The same disk once more, with its platter, as a process finds it after the one before was killed. */
  copy(): SimulatedDisk {
    const copies = new Map<File, File>();
    const copyOf = (file: File): File => {
      const copy = copies.get(file) ?? Object.assign(new File(), { seen: Buffer.from(file.seen), platter: Buffer.from(file.platter) });
      copies.set(file, copy);
      return copy;
    };
    const other = new SimulatedDisk();
    for (const [path, file] of this.#names) other.#names.set(path, copyOf(file));
    for (const [path, file] of this.#durableNames) other.#durableNames.set(path, copyOf(file));
    other.#directories = new Map(this.#directories);
    other.isIgnored = this.isIgnored;
    return other;
  }

  /** What a new process finds after this one was killed at this moment: everything that was written. */
  kill(): SimulatedDisk {
    const after = new SimulatedDisk();
    for (const [path, file] of this.#names) after.setContent(path, file.seen);
    return after;
  }

  #harden(path: string): void {
    const file = this.#names.get(path);
    if (file === undefined) this.#durableNames.delete(path);
    else this.#durableNames.set(path, file);
  }

  #try(call: DiskFault['call'], path: string): void {
    this.calls++;
    const fault = this.onCall(call, path);
    if (fault !== null) throw systemError(fault.code, path);
  }

  #of(fd: number): { file: File; path: string } {
    const open = this.#open.get(fd);
    if (open === undefined) throw systemError('EBADF', String(fd));
    return open;
  }
}

function put(file: File, bytes: Uint8Array, position: number): void {
  const end = position + bytes.length;
  if (end > file.seen.length) {
    const longer = Buffer.alloc(end);
    file.seen.copy(longer);
    file.seen = longer;
  }
  file.seen.set(bytes, position);
}

/** The platter, and some of the sectors that differ from it. A length beyond the last sector that got there is lost or zeros. */
function survivors({ seen, platter }: File, prng: Prng, given?: number): Buffer {
  if (given === 0 || given === 1) return given === 0 ? platter : seen;
  const length =
    prng.next() < 0.5
      ? Math.max(seen.length, platter.length)
      : platter.length + prng.integer(Math.max(1, seen.length - platter.length + 1));
  const bytes = Buffer.alloc(seen.length >= platter.length ? length : platter.length);
  platter.copy(bytes);
  const share = given ?? prng.next();
  for (let at = 0; at < bytes.length; at += SECTOR) {
    const end = Math.min(at + SECTOR, bytes.length);
    const isChanged = seen.subarray(at, end).compare(platter.subarray(at, end)) !== 0;
    if (isChanged && prng.next() < share) seen.copy(bytes, at, at, end);
  }
  return bytes;
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
