import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckError } from './check.ts';

const TMPFS = 0x01021994;

/** A folder for journals, on the disk that TMPDIR names; gone when it is disposed. */
export class JournalFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'qt-bench-journal-'));

  /** What a reader of the figures must know of the place. */
  get note(): string {
    return statfsSync(this.path).type === TMPFS ? 'in memory (tmpfs): a flush costs nothing' : 'on a disk';
  }

  /** @throws CheckError when the disk has not twice that many bytes left */
  need(bytes: number): void {
    const { bavail, bsize } = statfsSync(this.path);
    const free = bavail * bsize;
    if (free < 2 * bytes)
      throw new CheckError(`${this.path} has ${Math.round(free / 1e6)} MB left, this needs twice ${Math.round(bytes / 1e6)} MB`);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
