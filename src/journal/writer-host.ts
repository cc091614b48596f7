import type { Worker } from 'node:worker_threads';
import { resources } from '../base/index.ts';
import type { Control } from './control.ts';
import { MESSAGES } from './control.ts';
import type { WriterCommand, WriterMessage, WriterTask } from './writer-session.ts';

/** Whoever runs the writer. */
export interface WriterHost {
  /** There is something in the ring. `isUrgent`: somebody waits for it, or a control word changed. */
  wake(isUrgent: boolean): void;
  send(command: WriterCommand): void;
  /** Resolves when the writer runs no more and holds no file. */
  end(): Promise<void>;
}

/** Runs the writer on a thread of its own. The thread keeps the process alive until the journal is closed. */
export class ThreadWriter implements WriterHost {
  readonly #worker: Worker;
  readonly #control: Control;
  readonly #exited: Promise<void>;

  /** @param onLost called when the thread ends without having said why */
  constructor(task: WriterTask, control: Control, onMessage: (message: WriterMessage) => void, onLost: (cause: unknown) => void) {
    this.#control = control;
    this.#worker = resources.startThread(new URL('./writer-thread.ts', import.meta.url), { workerData: task });
    this.#worker.on('message', onMessage);
    this.#worker.on('error', onLost);
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        onLost(new Error(`the writer thread ended with exit code ${code}`));
        resolve();
      });
    });
  }

  wake(isUrgent: boolean): void {
    this.#control.wake(isUrgent);
  }

  send(command: WriterCommand): void {
    this.#worker.postMessage(command);
    Atomics.add(this.#control.words, MESSAGES, 1);
    this.#control.wake(true);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
    await this.#exited;
  }
}
