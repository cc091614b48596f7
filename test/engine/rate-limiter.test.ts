import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/index.ts';
import type { Timer } from '../../src/engine/environment.ts';
import { RateLimiter } from '../../src/engine/rate-limiter.ts';

function setUp(perSecond: number, burst: number) {
  const clock = new ManualClock();
  let timer: { readonly atMs: number; readonly run: () => void } | null = null;
  const after = (ms: number, run: () => void): Timer => {
    timer = { atMs: clock.monotonicMs() + ms, run };
    return { cancel: () => (timer = null) };
  };
  const scheduler = { after, every: after, soon: (run: () => void) => run(), later: (run: () => void) => run() };
  const limiter = new RateLimiter({ perSecond, burst, onLimit: 'delay' }, clock, scheduler);
  /** Moves the clock, firing what is due on the way. */
  const advance = async (ms: number): Promise<void> => {
    const endMs = clock.monotonicMs() + ms;
    while (timer !== null && timer.atMs <= endMs) {
      const { atMs, run } = timer;
      timer = null;
      clock.advanceMs(atMs - clock.monotonicMs());
      run();
      await Promise.resolve();
    }
    clock.advanceMs(endMs - clock.monotonicMs());
  };
  return { clock, limiter, advance };
}

describe('RateLimiter', () => {
  it('lets a burst pass and then a token at a time', () => {
    const { clock, limiter } = setUp(100, 3);

    const first = [limiter.take(), limiter.take(), limiter.take(), limiter.take()];
    clock.advanceMs(10);
    const second = [limiter.take(), limiter.take()];
    clock.advanceMs(1000);
    const third = [limiter.take(), limiter.take(), limiter.take(), limiter.take()];

    expect([first, second, third]).toEqual([
      [true, true, true, false],
      [true, false],
      [true, true, true, false],
    ]);
  });

  it('serves those who wait in their order, and nobody before them', async () => {
    const { limiter, advance } = setUp(100, 1);
    const served: number[] = [];
    for (let id = 0; id < 4; id++) void limiter.wait().then(() => served.push(id));
    await Promise.resolve();

    expect(served).toEqual([0]);
    await advance(20);
    expect(served).toEqual([0, 1, 2]);
    expect(limiter.take(), 'somebody waits').toBe(false);
    await advance(10);
    expect(served).toEqual([0, 1, 2, 3]);
  });

  it('forgets a waiter whose signal aborts, and turns all away at the end', async () => {
    const { limiter, advance } = setUp(100, 1);
    limiter.take();
    const controller = new AbortController();
    const outcomes = [limiter.wait(controller.signal), limiter.wait(), limiter.wait()].map((waiting) =>
      waiting.then(
        () => 'served',
        (error: unknown) => error,
      ),
    );

    controller.abort('enough');
    await advance(10);
    limiter.rejectAll('closed');

    expect(await Promise.all(outcomes)).toEqual(['enough', 'served', 'closed']);
  });
});
