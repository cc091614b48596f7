import type { Clock } from '../base/index.ts';
import type { JournalFs } from './file-system.ts';
import { BUSY, GATHER, WriterSession, type WriterCommand, type WriterMessage, type WriterTask } from './writer-session.ts';
import type { WriterHost } from './writer-host.ts';

/** Runs the writer on the thread of the bus, between its other work: for a file system that only exists there. */
export class InlineWriter implements WriterHost {
  readonly #session: WriterSession;
  #immediate: NodeJS.Immediate | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(task: WriterTask, fs: JournalFs, clock: Clock, onMessage: (message: WriterMessage) => void) {
    // Later, as from a thread: the journal must not be called back inside its own calls.
    this.#session = new WriterSession(task, fs, clock, (message) => queueMicrotask(() => onMessage(message)));
    this.#session.open();
  }

  wake(): void {
    this.#immediate ??= setImmediate(() => {
      this.#immediate = null;
      this.#run();
    });
  }

  send(command: WriterCommand): void {
    this.#session.handle(command);
    this.wake();
  }

  end(): Promise<void> {
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#session.abandon();
    return Promise.resolve();
  }

  #run(): void {
    const result = this.#session.step();
    if (result === BUSY) this.wake();
    if (result !== GATHER || this.#timer !== null) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#run();
      },
      Math.max(0, this.#session.msToWrite),
    );
  }
}
