import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { QtError } from '../../base/index.ts';
import { QT_APP_OUTPUT_REFUSED, QT_EXPORT_WRITE_FAILED } from '../errors.ts';
import type { OnProgress } from '../progress.ts';
import { transferLines, type TransferRange, type TransferReport } from './transfer-lines.ts';

export interface ExportOptions extends TransferRange {
  /** Replace a file that is there, default false. */
  readonly isForced?: boolean;
  readonly onProgress?: OnProgress;
  /** Ends the work; nothing is left of the file. */
  readonly signal?: AbortSignal;
}

/** Characters that are gathered before they are written. */
const CHUNK_LENGTH = 262_144;

/**
 * Writes a journal, or a part of it, to one text file (`transfer-format.ts`). The file is there when all of it is, and on
 * the disk.
 *
 * @param target a path, or a stream that is left open
 * @throws QtError QT_APP_INPUT_UNREADABLE, QT_APP_OUTPUT_REFUSED, QT_EXPORT_WRITE_FAILED, QT_JOURNAL_DAMAGED,
 *   QT_JOURNAL_VERSION_UNSUPPORTED; the signal's reason
 */
export async function exportJournal(directory: string, target: string | Writable, options: ExportOptions = {}): Promise<TransferReport> {
  const lines = transferLines(directory, options, options.onProgress);
  if (typeof target !== 'string') return writeChunks(lines, (text) => writeTo(target, text), options.signal);
  if (options.isForced !== true && existsSync(target)) {
    throw new QtError(QT_APP_OUTPUT_REFUSED, `Cannot write ${target}: it is there already; --force replaces it`, {
      details: { path: target },
    });
  }
  const draft = `${target}.part-${randomBytes(4).toString('hex')}`;
  let file: FileHandle | null = null;
  try {
    const write = async (text: string): Promise<void> => {
      // Made only now, so that what is wrong with the journal is said before there is anything to take away.
      file ??= await open(draft, 'wx');
      await file.writeFile(text);
    };
    const report = await writeChunks(lines, (text) => guarded(target, () => write(text)), options.signal);
    await guarded(target, () => finish(file!, draft, target));
    return report;
  } catch (error) {
    await (file as FileHandle | null)?.close().catch(() => {});
    await rm(draft, { force: true });
    throw error;
  }
}

async function finish(file: FileHandle, draft: string, target: string): Promise<void> {
  await file.sync();
  await file.close();
  await rename(draft, target);
}

type Lines = Iterator<string, TransferReport, undefined>;

async function writeChunks(lines: Lines, write: (text: string) => Promise<unknown>, signal?: AbortSignal): Promise<TransferReport> {
  let chunk = '';
  for (;;) {
    const line = lines.next();
    if (line.done !== true) chunk += line.value;
    if (line.done === true || chunk.length >= CHUNK_LENGTH) {
      signal?.throwIfAborted();
      if (chunk !== '') await write(chunk);
      chunk = '';
    }
    if (line.done === true) return line.value;
  }
}

async function writeTo(stream: Writable, text: string): Promise<void> {
  if (stream.write(text)) return;
  // A reader that goes away closes the stream and never drains it.
  await Promise.race([once(stream, 'drain'), once(stream, 'close')]);
}

async function guarded<T>(target: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const isOfPath = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EISDIR', 'EROFS', 'ENAMETOOLONG', 'ENOTEMPTY'].includes(code ?? '');
    throw new QtError(isOfPath ? QT_APP_OUTPUT_REFUSED : QT_EXPORT_WRITE_FAILED, `Cannot write ${target}: ${message}`, {
      cause,
      details: { path: target, reason: code ?? null },
    });
  }
}
