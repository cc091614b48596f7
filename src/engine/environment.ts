import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { Logger } from '../base/index.ts';
import type { WorkerTask } from './worker-task.ts';

/**
 * What the engine needs of the outside besides clock and logger. It comes in as a collaborator, so that the same router,
 * delivery and life cycle run on real threads and in a simulator that owns time and threads.
 */
export interface Environment {
  readonly scheduler: Scheduler;
  createPool(options: ThreadPoolOptions): ThreadPool;
  createChannel(): readonly [main: ThreadPort, worker: ThreadPort];
}

export interface Timer {
  cancel(): void;
}

export interface Scheduler {
  /** Runs once after `ms`; keeps the process alive meanwhile unless `background`. */
  after(ms: number, run: () => void, background?: 'background'): Timer;
  /** Runs every `ms`; never keeps the process alive. */
  every(ms: number, run: () => void): Timer;
  /** Runs before the event loop goes on. */
  soon(run: () => void): void;
  /** Runs after the event loop had its turn. */
  later(run: () => void): void;
}

/** One end of the connection between the main thread and a worker. */
export interface ThreadPort {
  post(message: unknown): void;
  /** Calls back for every message from now on. */
  listen(onMessage: (message: unknown) => void): void;
  /** The next message without going back to the event loop, or undefined. */
  receive(): unknown;
  close(): void;
  /** What has to be given to the other thread. */
  readonly transfer: unknown;
}

export interface ThreadPoolOptions {
  readonly workers: number;
  readonly heapMb: number | null;
  readonly logger: Logger;
}

export interface ThreadPool {
  /** Runs the drain loop on a free thread; rejects when the thread dies. */
  run(task: WorkerTask): Promise<void>;
  /** Lets the spare thread load the engine and the handler modules, so that it can take over within milliseconds. */
  warm(urls: readonly string[]): Promise<void>;
  thread(threadId: number): PoolThread | undefined;
  /** Ends all threads, whatever they do. */
  destroy(): Promise<void>;
}

/** A running thread, to end it and to know when it has really ended. */
export interface PoolThread {
  once(event: 'exit', listener: () => void): unknown;
  terminate(): Promise<unknown>;
}

export const realScheduler: Scheduler = {
  after: (ms, run, background) => {
    const timer = setTimeout(run, ms);
    if (background !== undefined) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  every: (ms, run) => {
    const timer = setInterval(run, ms);
    timer.unref();
    return { cancel: () => clearInterval(timer) };
  },
  soon: (run) => queueMicrotask(run),
  later: (run) => {
    setImmediate(run);
  },
};

/** A `MessagePort` as a `ThreadPort`; the worker wraps the one it was given. */
export function wrapPort(port: MessagePort): ThreadPort {
  return {
    post: (message) => port.postMessage(message),
    listen: (onMessage) => {
      port.on('message', onMessage);
      port.unref();
    },
    receive: () => (receiveMessageOnPort(port) as { message: unknown } | undefined)?.message,
    close: () => port.close(),
    transfer: port,
  };
}
