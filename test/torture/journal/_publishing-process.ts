/**
 * A process that publishes through a journalled bus as fast as it goes and says on stdout what was acknowledged, until it
 * is killed. It loads its code, waits for its orders on stdin, and opens the journal only then.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { createEventBus, moduleHandler, type EventBus, type QtEvent, type Sink } from '../../../src/index.ts';
import { nodeFs, openJournal, type Journal, type JournalFs } from '../../../src/journal/index.ts';
import { Audit, expectedEvent, inputOf, stableCrc, Tick, TICKS_KEPT } from './events.ts';
import { DoneWriter, recordPath } from './groups.ts';
import type { Aim, Orders, Said } from './orders.ts';

/** Publishes that are awaited together, and how many such windows may be under way: enough to keep the writer busy. */
const WINDOW = 64;
const WINDOWS_MAX = 8;
/** Between two rounds of retention. */
const RETAIN_MS = 15;

function say(said: Said): void {
  writeSync(1, `${JSON.stringify(said)}\n`);
}

/** The real file system, up to a call before which, or half way through which, this process kills itself. */
function deadlyFs(aim: { readonly call: Aim; readonly count: number }): JournalFs {
  let left = aim.count;
  const before = (call: Aim, start: () => void = () => {}): void => {
    if (call !== aim.call || --left > 0) return;
    say({ word: 'aimed' });
    start();
    process.kill(process.pid, 'SIGKILL');
  };
  return {
    ...nodeFs,
    open: (path, mode) => {
      if (mode === 'create') before('create');
      return nodeFs.open(path, mode);
    },
    write: (fd, bytes, offset, length, position) => {
      before('write', () => nodeFs.write(fd, bytes, offset, length >> 1, position));
      return nodeFs.write(fd, bytes, offset, length, position);
    },
    sync: (fd) => {
      before('sync');
      nodeFs.sync(fd);
    },
    syncDirectory: (path) => {
      before('syncDirectory');
      nodeFs.syncDirectory(path);
    },
    rename: (from, to) => {
      before('rename');
      nodeFs.rename(from, to);
    },
    unlink: (path) => {
      before('unlink');
      nodeFs.unlink(path);
    },
  };
}

async function run(orders: Orders): Promise<void> {
  const { directory, recordFolder, level, segmentBytes, batchBytes, aim } = orders;
  say({ word: 'opening' });
  const journal = await openJournal(directory, {
    level,
    segmentBytes,
    batchBytes,
    retention: {
      types: { [Tick.type]: { retentionMs: 'forever', maxLength: TICKS_KEPT } },
      auditTypes: [Audit.type],
      rewriteRatio: 0.2,
    },
    ...(aim === null ? {} : { fs: deadlyFs(aim) }),
  });
  const { lastSeq, cutBytes, indexesRebuilt, leftoversRemoved } = journal.recovery;
  say({ word: 'open', lastSeq, cutBytes, indexesRebuilt, leftoversRemoved });

  const crcs = new Map<number, number>();
  const sink: Sink = { write: (bytes, offset, length, { seq }) => void crcs.set(seq, stableCrc(bytes, offset, length)) };
  const bus = createEventBus({ mode: 'threads', workers: 1, log: journal, sink });
  const handler = moduleHandler(new URL('./_handler.ts', import.meta.url), 'onEvent', {
    options: { path: recordPath(recordFolder, 'worker') },
  });
  const durable = { durable: true, from: 'earliest', retry: { maxRetries: 3, backoffMs: [5] } } as const;
  bus.subscribe('torture.**', handler, { group: 'worker', ...durable });
  const done = new DoneWriter(recordPath(recordFolder, 'main'));
  const onAudit = async ({ seq }: QtEvent): Promise<void> => {
    await turn();
    done.write(seq);
  };
  bus.subscribe(Audit, onAudit, { group: 'main', ...durable });
  await bus.start();
  say({ word: 'running' });
  if (orders.isQuiet) {
    await bus.drain({ timeoutMs: 600_000 });
    await bus.stop();
    await journal.close();
    say({ word: 'closed' });
    return;
  }
  void retainForEver(journal);
  await publishForEver(bus, journal.lastSeq + 1, crcs, orders);
}

async function retainForEver(journal: Journal): Promise<never> {
  for (;;) {
    await sleep(RETAIN_MS);
    say({ word: 'retaining' });
    const { segmentsRemoved, segmentsRewritten, failures } = await journal.retain();
    say({ word: 'retained', segmentsRemoved, segmentsRewritten, failures });
  }
}

async function publishForEver(bus: EventBus, firstSeq: number, crcs: Map<number, number>, { seed, lie }: Orders): Promise<never> {
  const keep = (fromSeq: number): void => {
    const words = new Uint32Array(WINDOW);
    for (let i = 0; i < WINDOW; i++) {
      words[i] = crcs.get(fromSeq + i)!;
      crcs.delete(fromSeq + i);
    }
    say({ word: 'kept', fromSeq, crcs: Buffer.from(words.buffer).toString('base64') });
  };
  const windows = new Set<Promise<unknown>>();
  for (let next = firstSeq; ; next += WINDOW) {
    const receipts = [];
    for (let seq = next; seq < next + WINDOW; seq++) {
      const event = expectedEvent(seed, lie === 'other' && seq % 500 === 7 ? seq + 1 : seq);
      receipts.push(bus.publish(inputOf(event)));
    }
    if (lie === 'early') keep(next);
    const window = Promise.all(receipts).then((all) => {
      windows.delete(window);
      for (const [i, { seq }] of all.entries()) if (seq !== next + i) throw new Error(`event ${next + i} was given seq ${seq}`);
      if (lie !== 'early') keep(next);
    });
    windows.add(window);
    if (windows.size >= WINDOWS_MAX) await Promise.race(windows);
    else await turn();
  }
}

/** Null if the parent has gone before it gave any. */
async function readOrders(): Promise<Orders | null> {
  const input = process.stdin.setEncoding('utf8');
  const line = await Promise.race([once(input, 'data'), once(input, 'end')]);
  input.unref();
  return line.length === 0 ? null : (JSON.parse(line[0] as string) as Orders);
}

say({ word: 'ready' });
try {
  const orders = await readOrders();
  if (orders !== null) await run(orders);
} catch (error) {
  say({ word: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exitCode = 1;
}
