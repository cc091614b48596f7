/**
 * Entry of the writer thread.
 *
 *   step ==> nothing to do ==> spin ==> park on WAKE ==> step
 *
 * A parked thread hears only WAKE: closing and commands come through that word too.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { systemClock } from '../base/index.ts';
import { GATHERING, MESSAGES, PARKED, AWAKE, SLEEPING, WAKE } from './control.ts';
import { nodeFs } from './file-system.ts';
import { BUSY, ENDED, GATHER, WriterSession, type WriterCommand, type WriterTask } from './writer-session.ts';

/** Looks at the ring before parking, about 20 us: waking a parked thread costs the publisher as much. */
const SPINS = 200;
/** The longest a parked thread sleeps on its own; a lost wake-up would cost this much. */
const PARK_MS_MAX = 100;

const pause: () => void = (Atomics as { pause?: () => void }).pause ?? ((): void => {});

function run(): void {
  const port = parentPort!;
  const session = new WriterSession(workerData as WriterTask, nodeFs, systemClock, (message) => port.postMessage(message));
  const { words } = session.control;
  let commands = 0;
  session.open();
  for (;;) {
    const result = session.step();
    if (result === ENDED) return;
    if (Atomics.load(words, MESSAGES) !== commands) commands += receive(session);
    else if (result === GATHER) sleep(session, GATHERING, Math.max(0, session.msToWrite));
    else if (result !== BUSY && !spin(session)) sleep(session, PARKED, PARK_MS_MAX);
  }
}

/** Handles the commands that have arrived; a message may still be under way when its count is there. */
function receive(session: WriterSession): number {
  let count = 0;
  for (let envelope = receiveMessageOnPort(parentPort!); envelope !== undefined; envelope = receiveMessageOnPort(parentPort!)) {
    session.handle((envelope as { message: WriterCommand }).message);
    count++;
  }
  return count;
}

function spin(session: WriterSession): boolean {
  for (let i = 0; i < SPINS; i++) {
    if (session.hasWork) return true;
    pause();
  }
  return false;
}

function sleep(session: WriterSession, how: number, ms: number): void {
  const { words } = session.control;
  const wake = Atomics.load(words, WAKE);
  Atomics.store(words, SLEEPING, how);
  // Publishers store their work first and look at SLEEPING then; here it is the other way round, so nothing is missed.
  if (how === GATHERING || !session.hasWork) Atomics.wait(words, WAKE, wake, ms);
  Atomics.store(words, SLEEPING, AWAKE);
}

run();
