import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { bootThreads, createEventBus, moduleHandler } from '../../src/index.ts';
import { BootedThreads } from '../../src/engine/booted-threads.ts';
import type { ThreadPool } from '../../src/engine/environment.ts';

const total = new URL('../support/handlers/running-total.ts', import.meta.url);

afterEach(() => {
  vi.useRealTimers();
});

/** Stands for the pool, and notes that it was ended. */
function fakePool(): ThreadPool & { readonly destroy: ReturnType<typeof vi.fn> } {
  return { run: vi.fn(), warm: vi.fn(), thread: vi.fn(), destroy: vi.fn(async () => {}) } as never;
}

test('a bus runs its handlers on the threads that have booted', async () => {
  const threads = bootThreads({ workers: 1 });
  const take = vi.spyOn(threads, 'take');
  const bus = createEventBus({ workers: 1, threads });
  bus.subscribe('total.step', moduleHandler(total, 'onEvent'), { group: 'total' });

  await bus.start();
  for (const n of [1, 2]) await bus.publish({ type: 'total.step', payload: { n, dies: 0, how: '' } });
  await bus.drain();

  expect(take).toHaveReturnedWith(expect.objectContaining({ run: expect.any(Function) }));
  expect(bus.getStats().perGroup['total']).toMatchObject({ dispatched: 2, acknowledged: 2 });
  await bus.stop();
});

test('a handler that cannot be loaded is reported at the start, as without them', async () => {
  const bus = createEventBus({ workers: 1, threads: bootThreads({ workers: 1 }) });
  bus.subscribe('a.b', moduleHandler(new URL('./no-such-module.ts', import.meta.url), 'onEvent'));

  await expect(bus.start()).rejects.toMatchObject({ code: 'QT_HANDLER_LOAD_FAILED' });
});

test('a bus of another size refuses them', async () => {
  const threads = bootThreads({ workers: 1 });

  expect(() => createEventBus({ workers: 2, threads })).toThrow(expect.objectContaining({ code: 'QT_OPTION_INVALID' }));
  expect(() => createEventBus({ mode: 'inline', threads })).toThrow(expect.objectContaining({ code: 'QT_OPTION_INVALID' }));
  await threads.close();
});

test('a bus that is stopped before it started ends them', async () => {
  const pool = fakePool();
  const bus = createEventBus({ workers: 2, threads: new BootedThreads(2, pool) });

  await bus.stop();

  expect(pool.destroy).toHaveBeenCalledOnce();
});

test('threads that nobody takes end after ten seconds, and those of a bus do not', async () => {
  vi.useFakeTimers();
  const [untaken, taken] = [fakePool(), fakePool()];
  const threads = new BootedThreads(2, untaken);
  new BootedThreads(2, taken).take();

  await vi.advanceTimersByTimeAsync(10_000);

  expect(untaken.destroy).toHaveBeenCalledOnce();
  expect(taken.destroy).not.toHaveBeenCalled();
  expect(threads.take()).toBeNull();
});

test('threads that nobody takes do not keep the process alive', () => {
  const door = fileURLToPath(new URL('../../src/index.ts', import.meta.url));
  const program = `import { bootThreads } from ${JSON.stringify(door)}; bootThreads({ workers: 2 });`;

  const { signal, status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    timeout: 9000,
  });

  expect({ signal, status, stderr }).toEqual({ signal: null, status: 0, stderr: '' });
});
