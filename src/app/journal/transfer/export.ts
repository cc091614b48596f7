import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { QtError } from '../../../base/index.ts';
import { QT_APP_OUTPUT_REFUSED, QT_EXPORT_WRITE_FAILED } from '../../errors.ts';
import type { OnProgress } from '../../progress.ts';
import { transferLines, type TransferRange, type TransferReport } from './lines.ts';

export interface ExportOptions extends TransferRange {
  /** Replace a file that is there, default false. */
  readonly isForced?: boolean;
  readonly onProgress?: OnProgress;
  /** Ends the work; nothing is left of the file. */
  readonly signal?: AbortSignal;
}

/** Takes the next part of the text; false when nobody wants more of it. */
export type TextSink = (text: string) => Promise<boolean>;

/** Characters that are gathered before they are written. */
const CHUNK_LENGTH = 262_144;

/**
 * Writes a journal, or a part of it, to one text file (`format.ts`). The file is there when all of it is, and on
 * the disk.
 *
 * @param target a path, or where the text goes
 * @returns null if nobody wanted all of it
 * @throws QtError QT_APP_INPUT_UNREADABLE, QT_APP_OUTPUT_REFUSED, QT_EXPORT_WRITE_FAILED, QT_JOURNAL_DAMAGED,
 *   QT_JOURNAL_VERSION_UNSUPPORTED; the signal's reason
 */
export async function exportJournal(directory: string, target: TextSink, options?: ExportOptions): Promise<TransferReport | null>;
export async function exportJournal(directory: string, target: string, options?: ExportOptions): Promise<TransferReport>;
export async function exportJournal(
  directory: string,
  target: string | TextSink,
  options: ExportOptions = {},
): Promise<TransferReport | null> {
  const lines = transferLines(directory, options, options.onProgress);
  if (typeof target !== 'string') return writeChunks(lines, target, options.signal);
  if (options.isForced !== true && existsSync(target)) {
    throw new QtError(QT_APP_OUTPUT_REFUSED, `Cannot write ${target}: it is there already; --force replaces it`, {
      details: { path: target },
    });
  }
  const draft = `${target}.part-${randomBytes(4).toString('hex')}`;
  let file: FileHandle | null = null;
  try {
    const write = async (text: string): Promise<boolean> => {
      // Made only now, so that what is wrong with the journal is said before there is anything to take away.
      file ??= await open(draft, 'wx');
      await file.writeFile(text);
      return true;
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

async function writeChunks(lines: Lines, write: TextSink, signal: AbortSignal | undefined): Promise<TransferReport | null> {
  let chunk = '';
  for (;;) {
    const line = lines.next();
    if (line.done !== true) chunk += line.value;
    if (line.done === true || chunk.length >= CHUNK_LENGTH) {
      signal?.throwIfAborted();
      if (chunk !== '' && !(await write(chunk))) return null;
      chunk = '';
    }
    if (line.done === true) return line.value;
  }
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
