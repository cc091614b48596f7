import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Orders, Said } from './orders.ts';

const SCRIPT = fileURLToPath(new URL('./_publishing-process.ts', import.meta.url));

/** Windows of events that a process may publish, whatever it is waited for: all of them are read after each kill. */
const WINDOWS_MAX = 200;

/** One process that publishes. What it said stays here when it is gone. */
export class Life {
  readonly #child: ChildProcess;
  readonly #hear: (said: Said) => void;
  readonly #ended: Promise<unknown>;
  #counts = new Map<Said['word'], number>();
  #onSaid: () => void = () => {};
  #hasEnded = false;

  /** Starts loading its code; it does nothing before `begin`. */
  constructor(hear: (life: Life, said: Said) => void) {
    this.#hear = (said) => hear(this, said);
    this.#child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', SCRIPT], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // Compiling the same sources for each of them would take most of the time.
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'qt-compile-cache') },
    });
    // It may be gone before it has read its orders.
    this.#child.stdin!.on('error', () => {});
    const output = createInterface({ input: this.#child.stdout! });
    output.on('line', (line) => this.#read(line));
    // What it said before its end may still be in the pipe when it is gone.
    this.#ended = Promise.all([once(this.#child, 'exit'), once(output, 'close')]).then(() => {
      this.#hasEnded = true;
      this.#onSaid();
    });
  }

  begin(orders: Orders): void {
    this.#child.stdin!.write(JSON.stringify(orders));
  }

  said(word: Said['word']): number {
    return this.#counts.get(word) ?? 0;
  }

  /** Resolves when it has said this word that often, has published too much for that, has ended, or the time is over. */
  async wait(word: Said['word'] | 'ended', count: number, ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
      this.#onSaid = () => {
        const isSaid = (word !== 'ended' && this.said(word) >= count) || this.said('kept') > WINDOWS_MAX;
        if (this.#hasEnded || isSaid || this.said('failed') > 0) resolve();
      };
      this.#onSaid();
    });
    clearTimeout(timer);
    this.#onSaid = () => {};
  }

  /** SIGKILL; resolves when it is gone and all it has said was heard. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #read(line: string): void {
    let said: Said;
    try {
      said = JSON.parse(line) as Said;
    } catch {
      // The kill came in the middle of it: it was not said.
      return;
    }
    this.#counts.set(said.word, this.said(said.word) + 1);
    this.#hear(said);
    this.#onSaid();
  }
}
