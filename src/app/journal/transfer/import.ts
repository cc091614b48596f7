import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { QtError } from '../../../base/index.ts';
import { reasonOf } from '../../config/layers.ts';
import { QT_APP_INPUT_UNREADABLE, QT_APP_JOURNAL_NOT_EMPTY, QT_APP_OUTPUT_REFUSED, QT_EXPORT_COPY_DIFFERS } from '../../errors.ts';
import type { OnProgress } from '../../progress.ts';
import { readLines } from './input-lines.ts';
import { JournalImport } from './journal-import.ts';
import { transferLines, type TransferReport } from './lines.ts';

export interface ImportOptions {
  /** In bytes of the file; the total is 0 for a stream, whose length nobody knows. */
  readonly onProgress?: OnProgress;
  /** Ends the work; nothing is left of the journal. */
  readonly signal?: AbortSignal;
}

/**
 * Makes a journal from what `exportJournal` wrote: same id, same events at the same seqs, same types and names. It is
 * made beside its place, read again and compared with what the file says of itself, and only then put there.
 *
 * @param source a path, or a stream
 * @param directory is made; it may be there if it is empty
 * @throws QtError QT_APP_INPUT_UNREADABLE, QT_APP_OUTPUT_REFUSED, QT_APP_JOURNAL_NOT_EMPTY, QT_APP_TRANSFER_DAMAGED,
 *   QT_EXPORT_COPY_DIFFERS and those of a journal that is written; the signal's reason
 */
export async function importJournal(source: string | Readable, directory: string, options: ImportOptions = {}): Promise<TransferReport> {
  await checkTarget(directory);
  const name = typeof source === 'string' ? source : 'the standard input';
  const place = resolve(directory);
  const draft = `${place}.importing-${randomBytes(4).toString('hex')}`;
  const input = typeof source === 'string' ? await openInput(source) : { stream: source, bytes: 0 };
  try {
    await guarded(directory, () => mkdir(draft));
    const report = await copy(input, new JournalImport(draft, name), name, options);
    checkCopy(draft, report);
    await guarded(directory, () => putInPlace(draft, place));
    return report;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  } finally {
    input.stream.destroy();
  }
}

interface Input {
  readonly stream: Readable;
  readonly bytes: number;
}

async function copy({ bytes, stream }: Input, target: JournalImport, name: string, options: ImportOptions): Promise<TransferReport> {
  const { onProgress = () => {}, signal } = options;
  if (signal !== undefined) addAbortSignal(signal, stream);
  try {
    for await (const lines of readLines(stream)) {
      for (const line of lines) await target.add(line);
      onProgress(lines.at(-1)!.offset, bytes);
    }
    return await target.finish();
  } catch (error) {
    await target.abandon();
    if (error instanceof QtError) throw error;
    signal?.throwIfAborted();
    throw new QtError(QT_APP_INPUT_UNREADABLE, `Cannot read ${name}: ${reasonOf(error as NodeJS.ErrnoException)}`, { cause: error });
  }
}

/** Reads what was written as if to export it. */
function checkCopy(directory: string, { sha256 }: TransferReport): void {
  const lines = transferLines(directory);
  let line = lines.next();
  while (line.done !== true) line = lines.next();
  if (line.value.sha256 === sha256) return;
  throw new QtError(
    QT_EXPORT_COPY_DIFFERS,
    `Cannot import: the journal that was made has content ${line.value.sha256} instead of ${sha256}`,
  );
}

async function openInput(path: string): Promise<Input> {
  try {
    const file = await open(path, 'r');
    const stats = await file.stat();
    if (!stats.isDirectory()) return { stream: createReadStream(path, { fd: file, highWaterMark: 256 * 1024 }), bytes: stats.size };
    await file.close();
    throw Object.assign(new Error('it is a directory'), { code: 'EISDIR' });
  } catch (cause) {
    throw new QtError(QT_APP_INPUT_UNREADABLE, `Cannot read ${path}: ${reasonOf(cause as NodeJS.ErrnoException)}`, {
      cause,
      details: { path },
    });
  }
}

async function checkTarget(directory: string): Promise<void> {
  const names = await readdir(directory).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw refused(directory, cause);
  });
  if (names.length === 0) return;
  throw new QtError(QT_APP_JOURNAL_NOT_EMPTY, `Cannot import into ${directory}: it is not empty`, { details: { directory } });
}

async function putInPlace(draft: string, directory: string): Promise<void> {
  if ((await stat(directory).catch(() => null)) !== null) await rmdir(directory);
  await rename(draft, directory);
  if (process.platform === 'win32') return;
  const folder = await open(dirname(directory), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function guarded<T>(directory: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw refused(directory, cause as NodeJS.ErrnoException);
  }
}

function refused(directory: string, cause: NodeJS.ErrnoException): QtError {
  const reason = cause.code === 'ENOENT' ? 'there is no folder to put it in' : reasonOf(cause);
  return new QtError(QT_APP_OUTPUT_REFUSED, `Cannot make the journal ${directory}: ${reason}`, { cause, details: { directory } });
}
