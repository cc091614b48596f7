import { open, type FileHandle } from 'node:fs/promises';
import { checkNumber, QtError } from '../../base/index.ts';
import { QT_OBSERVE_LOG_FAILED } from '../errors.ts';

export interface LineWriterOptions {
  /** `replace` (default) starts the file anew, `append` goes on after its end. */
  readonly mode?: 'replace' | 'append';
  /** Waiting bytes above which `write` asks its caller to wait, >= 1, default 4 MiB. */
  readonly pendingBytesMax?: number;
  /** True to make a batch survive a power failure before it counts as written; default false. */
  readonly isSynced?: boolean;
}

const PENDING_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Writes lines to a file in batches: whatever came in while the disk was busy is the next batch. Lines are whole and in
 * order, and `close` returns only when every one of them is written. After a failure nothing more is written; `write`,
 * `flush` and `close` say so, so that a loss is never silent.
 */
export class LineWriter {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #pendingBytesMax: number;
  readonly #isSynced: boolean;
  #pending: string[] = [];
  #pendingBytes = 0;
  #linesWritten = 0;
  #failure: QtError | null = null;
  #writing: Promise<void> | null = null;
  #isClosed = false;

  private constructor(path: string, file: FileHandle, options: LineWriterOptions) {
    this.path = path;
    this.#file = file;
    this.#pendingBytesMax = checkNumber('pendingBytesMax', options.pendingBytesMax ?? PENDING_BYTES_MAX, { min: 1 });
    this.#isSynced = options.isSynced ?? false;
  }

  /** @throws QtError QT_OBSERVE_LOG_FAILED, QT_OPTION_INVALID */
  static async open(path: string, options: LineWriterOptions = {}): Promise<LineWriter> {
    const file = await open(path, options.mode === 'append' ? 'a' : 'w').catch((cause: unknown) => {
      throw failed('open', path, cause);
    });
    return new LineWriter(path, file, options);
  }

  /** Lines that are in the file. */
  get linesWritten(): number {
    return this.#linesWritten;
  }

  /**
   * Takes a line without its line end.
   *
   * @returns a promise when more is waiting than should be: await it before the next line
   * @throws QtError QT_OBSERVE_LOG_FAILED
   */
  write(line: string): void | Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#isClosed)
      throw new QtError(QT_OBSERVE_LOG_FAILED, `Cannot write ${this.path}: it is closed`, { details: { path: this.path } });
    this.#pending.push(line);
    this.#pendingBytes += line.length + 1;
    this.#writing ??= this.#run();
    return this.#pendingBytes > this.#pendingBytesMax ? this.flush() : undefined;
  }

  /**
   * Resolves when every line so far is written.
   *
   * @throws QtError QT_OBSERVE_LOG_FAILED
   */
  async flush(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
    if (this.#failure !== null) throw this.#failure;
  }

  /**
   * Writes what is left and closes the file; calling it again does nothing.
   *
   * @throws QtError QT_OBSERVE_LOG_FAILED
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.flush();
    } finally {
      await this.#file.close();
    }
  }

  /** Never rejects: a failure is kept for whoever asks next. */
  async #run(): Promise<void> {
    try {
      // One turn of the loop, so that the lines of one burst make one batch.
      await new Promise((resolve) => setImmediate(resolve));
      while (this.#pending.length > 0) {
        const lines = this.#pending;
        this.#pending = [];
        this.#pendingBytes = 0;
        await this.#file.appendFile(`${lines.join('\n')}\n`);
        if (this.#isSynced) await this.#file.datasync();
        this.#linesWritten += lines.length;
      }
    } catch (cause) {
      this.#failure = failed('write', this.path, cause);
    } finally {
      this.#writing = null;
    }
  }
}

function failed(action: string, path: string, cause: unknown): QtError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new QtError(QT_OBSERVE_LOG_FAILED, `Cannot ${action} ${path}: ${reason}`, { cause, details: { path } });
}
