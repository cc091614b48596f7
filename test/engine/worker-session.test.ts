import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/index.ts';
import { HEADER_BYTES, ROUTE } from '../../src/codec/index.ts';
import { PINGED } from '../../src/engine/control.ts';
import { realScheduler } from '../../src/engine/environment.ts';
import { createHostMemory, layoutHost } from '../../src/engine/host-layout.ts';
import { WorkerSession } from '../../src/engine/worker-session.ts';
import { RingWriter } from '../../src/ring/index.ts';

const RING_BYTES = 65_536;
const NORMAL = 2;
const BATCH = 64;
const FEW = 8;

/** A worker without a thread, whose NORMAL ring main has filled and waits for. */
function fullWorker() {
  const layout = layoutHost(RING_BYTES, RING_BYTES);
  const buffer = createHostMemory(new SharedArrayBuffer(layout.bytes), layout, RING_BYTES, RING_BYTES);
  const clock = new ManualClock();
  let pings = 0;
  const port = {
    post: (message: unknown) => {
      if (message === 'ping') pings++;
    },
    listen: () => {},
    receive: () => undefined,
    close: () => {},
    transfer: null,
  };
  const task = {
    buffer,
    port: null,
    epoch: 1,
    runId: 'run',
    source: 'main',
    validate: true,
    ringBytes: RING_BYTES,
    replyBytes: RING_BYTES,
    frameBytesMax: RING_BYTES >> 3,
    types: [],
    keyed: [],
    consumers: [],
    routes: [],
    sources: [],
    blocked: [],
  };
  const session = new WorkerSession(task, { port, threadId: 1, clock, scheduler: realScheduler });
  const writer = new RingWriter(buffer, layout.laneBases[NORMAL]!);
  const words = new Int32Array(buffer);
  let records = 0;
  for (let at = writer.claim(HEADER_BYTES); at > 0; at = writer.claim(HEADER_BYTES)) {
    // To nobody: the record is finished as soon as it is met.
    words.fill(0, (at + 4) >> 2, (at + HEADER_BYTES) >> 2);
    words[(at + ROUTE) >> 2] = 1;
    writer.commit(at);
    records++;
  }
  writer.flush();
  writer.setWaiting(true);
  return { session, clock, records, pings: () => pings, look: () => Atomics.store(session.control.words, PINGED, 0) };
}

describe('room for a waiting main thread', () => {
  it('is told once a quarter of the ring is free, not after each batch', () => {
    const { session, records, pings } = fullWorker();
    let batches = 0;
    for (; pings() === 0 && batches * BATCH < records; batches++) session.step(BATCH);

    expect(batches).toBe(Math.ceil(records / 4 / BATCH));
  });

  it('is told after a millisecond when records take their time', () => {
    const { session, clock, look, pings } = fullWorker();
    session.step(FEW);
    clock.advanceMs(0.6);
    session.step(FEW);
    expect(pings()).toBe(0);

    clock.advanceMs(0.6);
    session.step(FEW);
    expect(pings()).toBe(1);

    look();
    session.step(FEW);
    expect(pings()).toBe(1);
    clock.advanceMs(1);
    session.step(FEW);
    expect(pings()).toBe(2);
  });

  it('is told before the worker parks, however little it is', () => {
    const { session, pings } = fullWorker();
    session.step(1);
    expect(pings()).toBe(0);
    session.fallAsleep();
    expect(pings()).toBe(1);
  });
});
