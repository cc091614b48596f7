import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { takeLock } from './lock.ts';

/**
 * What the journal asks of a file system. A port, so that tests can fill the disk, fail a flush or cut the power.
 * All calls are synchronous, because the writer has a thread of its own; all throw Node's system errors.
 */
export interface JournalFs {
  /** Makes a directory if there is none, and those around it. Its own name survives a power cut once the one around it is synced. */
  makeDirectory(path: string): void;
  /** Names in a directory, in any order; empty when there is none. */
  readDirectory(path: string): string[];
  /** `create` makes a new file and fails if there is one; `write` opens what is there. */
  open(path: string, mode: 'read' | 'write' | 'create'): number;
  size(fd: number): number;
  /** Bytes read; 0 at the end of the file. */
  read(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
  /** Bytes written, which may be fewer than asked. */
  write(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
  truncate(fd: number, length: number): void;
  /** Returns when the file's bytes and length would survive a power cut. */
  sync(fd: number): void;
  /** The same for the names in a directory. */
  syncDirectory(path: string): void;
  close(fd: number): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  exists(path: string): boolean;
  /** Takes the lock that this file stands for and returns its release; null if another holds it. */
  lock(path: string): (() => void) | null;
}

/** The real one. */
export const nodeFs: JournalFs = {
  makeDirectory: (path) => {
    makeDirectory(path);
  },
  readDirectory: (path) => (existsSync(path) ? readdirSync(path) : []),
  open: (path, mode) => openSync(path, mode === 'read' ? 'r' : mode === 'write' ? 'r+' : 'wx+'),
  size: (fd) => fstatSync(fd).size,
  read: readSync,
  write: writeSync,
  truncate: ftruncateSync,
  // The length of the file counts as data, so fdatasync is enough; it spares the write of the timestamps.
  sync: fdatasyncSync,
  syncDirectory: (path) => {
    // Windows has no such call; there a rename is in the file system's own log.
    if (process.platform === 'win32') return;
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  },
  close: closeSync,
  rename: renameSync,
  unlink: unlinkSync,
  exists: existsSync,
  lock: takeLock,
};

/** Writes all bytes; a short write is continued, one of nothing is an error. */
export function writeFully(fs: JournalFs, fd: number, bytes: Uint8Array, length: number, position: number): void {
  let done = 0;
  while (done < length) {
    const count = fs.write(fd, bytes, done, length - done, position + done);
    if (count <= 0) throw Object.assign(new Error('the file system wrote 0 bytes'), { code: 'EIO' });
    done += count;
  }
}

/** A whole file. */
export function readWhole(fs: JournalFs, path: string): Buffer {
  const fd = fs.open(path, 'read');
  try {
    return readRange(fs, fd, 0, fs.size(fd));
  } finally {
    fs.close(fd);
  }
}

/** The bytes from `start` to `end`, or to where the file ends. */
export function readRange(fs: JournalFs, fd: number, start: number, end: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Math.max(0, end - start));
  let done = 0;
  while (done < bytes.length) {
    const count = fs.read(fd, bytes, done, bytes.length - done, start + done);
    if (count <= 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

/**
 * Writes a file beside its place and then puts it there, so that nobody ever sees half of it.
 *
 * @param isSynced it is there for good when this returns, its name included; otherwise a power cut may bring the old one back
 */
export function replaceFile(fs: JournalFs, path: string, bytes: Uint8Array, isSynced: boolean): void {
  const draft = `${path}.new`;
  if (fs.exists(draft)) fs.unlink(draft);
  const fd = fs.open(draft, 'create');
  try {
    writeFully(fs, fd, bytes, bytes.length, 0);
    if (isSynced) fs.sync(fd);
  } finally {
    fs.close(fd);
  }
  fs.rename(draft, path);
  if (isSynced) fs.syncDirectory(dirname(path));
}

/** Step by step, because the recursive form of Node never ends where a directory seems to be missing for ever, as in /proc. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path || existsSync(parent)) throw error;
    makeDirectory(parent);
    nodeFs.syncDirectory(dirname(parent));
    mkdirSync(path);
  }
}
