import { PRIORITIES } from '../event/index.ts';
import { FrameViews } from '../codec/index.ts';

interface Waiting {
  readonly frame: Buffer;
  readonly resolve: (seq: number) => void;
  readonly reject: (error: unknown) => void;
}

/** Publishers that wait for room, first come first served within a lane. */
export class WaitingPublishers {
  readonly #lanes: Waiting[][] = PRIORITIES.map(() => []);
  readonly #commit: (views: FrameViews, length: number) => number;
  length = 0;

  /** @param commit returns the seq, or a negative number while there is no room */
  constructor(commit: (views: FrameViews, length: number) => number) {
    this.#commit = commit;
  }

  isEmpty(lane: number): boolean {
    return this.#lanes[lane]!.length === 0;
  }

  /** Waits with a copy of the encoded event. */
  wait(lane: number, frame: Buffer, signal?: AbortSignal): Promise<number> {
    const waiting = this.#lanes[lane]!;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting.splice(waiting.indexOf(entry), 1);
        this.length--;
        reject(signal!.reason as Error);
      };
      const settle = (): void => signal?.removeEventListener('abort', leave);
      const entry: Waiting = {
        frame,
        resolve: (seq) => {
          settle();
          resolve(seq);
        },
        reject: (error) => {
          settle();
          reject(error as Error);
        },
      };
      waiting.push(entry);
      this.length++;
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  /** Lets as many through as there is room for. */
  progress(): void {
    if (this.length === 0) return;
    for (const lane of this.#lanes) {
      let passed = 0;
      for (const waiting of lane) {
        const seq = this.#commit(new FrameViews(waiting.frame.buffer as ArrayBuffer), waiting.frame.length);
        if (seq < 0) break;
        waiting.resolve(seq);
        passed++;
      }
      lane.splice(0, passed);
      this.length -= passed;
    }
  }

  /** Turns everybody away. */
  rejectAll(error: unknown): void {
    for (const lane of this.#lanes) for (const waiting of lane.splice(0)) waiting.reject(error);
    this.length = 0;
  }
}
