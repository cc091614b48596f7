import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/index.ts';
import type { Scheduler } from '../../src/engine/environment.ts';
import { RetrySchedule } from '../../src/engine/retry-schedule.ts';

/** Remembers the timers that are set; nothing fires on its own. */
function manualScheduler(): { scheduler: Scheduler; delays: () => number[]; fire: () => void } {
  const timers = new Map<object, { ms: number; run: () => void }>();
  const after = (ms: number, run: () => void) => {
    const timer = { cancel: () => void timers.delete(timer) };
    timers.set(timer, { ms, run });
    return timer;
  };
  const scheduler = { after, every: after, soon: (run: () => void) => run(), later: (run: () => void) => run() };
  const fire = (): void => {
    const due = [...timers.values()];
    timers.clear();
    for (const { run } of due) run();
  };
  return { scheduler, delays: () => [...timers.values()].map((timer) => timer.ms), fire };
}

function setUp() {
  const clock = new ManualClock();
  const manual = manualScheduler();
  const due: unknown[] = [];
  return { clock, due, ...manual, schedule: new RetrySchedule<unknown>(clock, manual.scheduler, (item) => due.push(item)) };
}

describe('RetrySchedule', () => {
  it('hands out what is due, in order of time and then of arrival', () => {
    const { clock, due, schedule } = setUp();
    schedule.add(30, 'c');
    schedule.add(10, 'a');
    schedule.add(10, 'b');
    schedule.add(50, 'd');

    clock.advanceMs(30);
    schedule.run();

    expect(due).toEqual(['a', 'b', 'c']);
    expect(schedule.length).toBe(1);
  });

  it('keeps one timer, for the earliest', () => {
    const { delays, schedule } = setUp();

    schedule.add(50, 'late');
    schedule.add(10, 'early');
    schedule.add(20, 'between');

    expect(delays()).toEqual([10]);
  });

  it('arms again when its timer fires early', () => {
    const { clock, delays, due, fire, schedule } = setUp();
    schedule.add(10, 'a');

    clock.advanceMs(9);
    fire();

    expect([due, delays()]).toEqual([[], [1]]);
  });

  it('does not fire at once for a delay that Node cannot time', () => {
    const { clock, delays, due, fire, schedule } = setUp();
    const month = 30 * 86_400_000;

    schedule.add(month, 'a');
    expect(delays()).toEqual([2 ** 31 - 1]);
    clock.advanceMs(2 ** 31 - 1);
    fire();
    expect(due).toEqual([]);
    clock.advanceMs(month);
    fire();

    expect(due).toEqual(['a']);
  });

  it('takes out what is asked for and keeps the order of the rest', () => {
    const { clock, due, schedule } = setUp();
    for (const [i, ms] of [40, 10, 30, 20, 10, 50].entries()) schedule.add(ms, i);

    expect(schedule.remove((item) => item === 1 || item === 2)).toBe(2);
    expect(schedule.remove(() => false)).toBe(0);
    clock.advanceMs(50);
    schedule.run();

    expect(due).toEqual([4, 3, 0, 5]);
  });

  it('sets no timer once it is closed, and still counts', () => {
    const { delays, schedule } = setUp();
    schedule.add(10, 'a');

    schedule.close();
    schedule.add(20, 'b');

    expect([schedule.length, delays()]).toEqual([2, []]);
  });

  it('never hands out an item before its time, whatever comes when', () => {
    const action = fc.oneof(fc.record({ add: fc.integer({ min: 0, max: 50 }) }), fc.record({ advance: fc.integer({ min: 0, max: 20 }) }));
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const clock = new ManualClock();
        const { scheduler } = manualScheduler();
        const pending: number[] = [];
        const due: number[] = [];
        const schedule = new RetrySchedule<number>(clock, scheduler, (item) => due.push(item));
        for (const one of actions) {
          if ('add' in one) {
            pending.push(clock.monotonicMs() + one.add);
            schedule.add(one.add, clock.monotonicMs() + one.add);
            continue;
          }
          clock.advanceMs(one.advance);
          schedule.run();
          const now = clock.monotonicMs();
          expect(due.toSorted((a, b) => a - b)).toEqual(pending.filter((dueMs) => dueMs <= now).toSorted((a, b) => a - b));
        }
      }),
    );
  });
});
