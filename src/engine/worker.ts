/**
 * Entry of a worker thread: one long-lived task that drains the rings of its host until it is told to close.
 *
 *   step ==> nothing to do ==> spin, if waits are short ==> park on WAKE (or, with asynchronous handlers, on the event loop) ==> step
 *
 * A parked thread hears only WAKE: closing, control messages and resizing all come through that word.
 */
import { threadId, type MessagePort } from 'node:worker_threads';
import { resources, systemClock } from '../base/index.ts';
import { WAKE } from './control.ts';
import { realScheduler, wrapPort } from './environment.ts';
import { Patience } from './patience.ts';
import { WorkerSession } from './worker-session.ts';
import type { WorkerTask } from './worker-task.ts';

/** Records between two looks at the control words: below a tenth of a millisecond of work for small handlers. */
const BATCH = 64;
/** Looks at the rings before parking: about 20 us, so that a paced stream at 50 000 events/s never pays a wake-up. */
const SPINS = 200;
/** The longest a parked thread sleeps on its own; a lost wake-up would cost this much, and the event loop gets its turn. */
const PARK_MS_MAX = 100;
/** Batches between two turns of the event loop while there are asynchronous handlers. */
const BATCHES_PER_TURN = 4;

const pause: () => void = (Atomics as { pause?: () => void }).pause ?? ((): void => {});

/** Runs until the close command; rejects only if the thread cannot do its work at all. */
export async function run(task: WorkerTask): Promise<void> {
  const port = wrapPort(task.port as MessagePort);
  const session = new WorkerSession(task, { port, threadId, clock: systemClock, scheduler: realScheduler });
  await session.open();
  await loop(session);
  await session.close();
}

/**
 * Loads handler modules ahead: to have run it means that the thread has this module and theirs, and can take over at once.
 * One that cannot be loaded is reported when it is needed.
 */
export async function warm(urls: readonly string[]): Promise<void> {
  await Promise.allSettled(urls.map((url) => resources.importModule(url)));
}

async function loop(session: WorkerSession): Promise<void> {
  const patience = new Patience();
  let sinceTurn = 0;
  for (;;) {
    session.beat();
    const taken = session.step(BATCH);
    if (session.wantsCommands) {
      await session.readCommands();
      continue;
    }
    if (taken > 0) {
      // With asynchronous handlers the event loop must turn, or their timers and sockets starve.
      if (session.isAsync && ++sinceTurn >= BATCHES_PER_TURN) {
        sinceTurn = 0;
        await turn();
      }
      continue;
    }
    if (session.mayClose) return;
    const isSpinning = patience.begin(systemClock.monotonicMs());
    if (!isSpinning || !spin(session)) await park(session);
    patience.end(systemClock.monotonicMs());
  }
}

function spin(session: WorkerSession): boolean {
  for (let i = 0; i < SPINS; i++) {
    if (session.hasWork) return true;
    pause();
  }
  return false;
}

async function park(session: WorkerSession): Promise<void> {
  const { words } = session.control;
  const wake = Atomics.load(words, WAKE);
  if (session.fallAsleep()) {
    if (session.isAsync) await waitAsync(session, wake);
    else if (Atomics.wait(words, WAKE, wake, PARK_MS_MAX) === 'timed-out') await turn();
  }
  session.wakeUp();
}

/** Waits on the event loop, until woken, until asynchronous work moved on, or for a while. One waiter at a time. */
async function waitAsync(session: WorkerSession, wake: number): Promise<void> {
  const { words } = session.control;
  const wait = Atomics.waitAsync(words, WAKE, wake, PARK_MS_MAX);
  if (!wait.async) return;
  const progressed = new Promise<void>((resolve) => {
    session.onProgress(resolve);
  });
  await Promise.race([wait.value, progressed]);
  session.onProgress(() => {});
  // Ends the waiter that lost the race, so that no waiter outlives its wait.
  Atomics.notify(words, WAKE);
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
