import { toErrorRecord, type Logger } from '../../base/index.ts';
import type { Journal, RetentionReport } from '../../journal/index.ts';

/** Between two looks at what may go. Nothing goes before a segment is full, which takes minutes at best. */
const TRIM_MS = 60_000;

/** Lets go, from time to time, of what the rules of a journal no longer keep. */
export class Trimming {
  /** Events that were removed so far. */
  removedEvents = 0;
  readonly #journal: Journal;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  #isBusy = false;

  constructor(journal: Journal, logger: Logger, everyMs = TRIM_MS) {
    this.#journal = journal;
    this.#logger = logger;
    this.#timer = setInterval(() => void this.trim(), everyMs);
    this.#timer.unref();
  }

  /** Does it now, unless it is being done. A failure is logged: the next time tries again. */
  async trim(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      this.#note(await this.#journal.retain());
    } catch (error) {
      this.#logger.warn({ err: toErrorRecord(error) }, 'The journal could not be trimmed');
    } finally {
      this.#isBusy = false;
    }
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #note(report: RetentionReport): void {
    this.removedEvents += report.recordsRemoved;
    if (report.failures.length > 0) this.#logger.warn({ ...report }, 'Parts of the journal could not be trimmed');
  }
}
