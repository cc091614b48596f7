/** The environment of a simulated bus: channels and a pool whose threads are simulated too. */
import type { Environment, ThreadPool, ThreadPort } from '../../src/engine/environment.ts';
import type { WorkerTask } from '../../src/engine/worker-task.ts';
import type { Kernel } from './kernel.ts';
import { SimThread } from './threads.ts';

/** Messages in one direction each; a message is there as soon as it is posted, and heard when the simulator says so. */
export class SimChannel {
  readonly toMain: unknown[] = [];
  readonly toWorker: unknown[] = [];
  onMain: (message: unknown) => void = () => {};
  thread: SimThread | null = null;
  isClosed = false;
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  readonly main: ThreadPort = {
    post: (message) => {
      this.toWorker.push(message);
      this.#kernel.point();
    },
    listen: (onMessage) => {
      this.onMain = onMessage;
    },
    receive: () => this.toMain.shift(),
    close: () => {
      this.isClosed = true;
      this.toMain.length = 0;
    },
    transfer: null,
  };

  readonly worker: ThreadPort = {
    post: (message) => {
      this.#kernel.point();
      if (!this.isClosed) this.toMain.push(message);
    },
    listen: () => {},
    receive: () => this.toWorker.shift(),
    close: () => {},
    transfer: this,
  };

  deliver(): void {
    this.onMain(this.toMain.shift());
  }
}

class SimPool implements ThreadPool {
  readonly #kernel: Kernel;
  readonly #hosts: SharedArrayBuffer[];

  constructor(kernel: Kernel, hosts: SharedArrayBuffer[]) {
    this.#kernel = kernel;
    this.#hosts = hosts;
  }

  run(task: WorkerTask): Promise<void> {
    const { threads } = this.#kernel;
    let host = this.#hosts.indexOf(task.buffer);
    if (host < 0) host = this.#hosts.push(task.buffer) - 1;
    return new Promise((resolve, reject) => {
      const id = threads.length + 1;
      threads.push(new SimThread(this.#kernel, id, host + 1, task, { resolve, reject }));
    });
  }

  warm(): Promise<void> {
    return Promise.resolve();
  }

  thread(threadId: number): SimThread | undefined {
    return this.#kernel.threads.find((thread) => thread.id === threadId && !thread.hasExited);
  }

  async destroy(): Promise<void> {
    const left = this.#kernel.threads.filter((thread) => !thread.hasExited);
    const exits = left.map(
      (thread) =>
        new Promise<void>((resolve) => {
          thread.once('exit', resolve);
          if (thread.isAlive) void thread.terminate();
        }),
    );
    await Promise.all(exits);
  }
}

export function createEnvironment(kernel: Kernel): Environment {
  const hosts: SharedArrayBuffer[] = [];
  return {
    scheduler: kernel.scheduler(null),
    createPool: () => new SimPool(kernel, hosts),
    createChannel: () => {
      const channel = new SimChannel(kernel);
      return [channel.main, channel.worker];
    },
  };
}
