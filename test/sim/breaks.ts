/** Deliberately broken engines, to see the alarm ring. Each does one thing wrong that a real mistake could do. */
import { LANE, ROUTE, TARGETS } from '../../src/codec/index.ts';
import { Control } from '../../src/engine/control.ts';
import { Delivery } from '../../src/engine/delivery.ts';
import { Dispatcher } from '../../src/engine/dispatcher.ts';
import { layoutHost } from '../../src/engine/host-layout.ts';
import { Outlet } from '../../src/engine/outlet.ts';
import { PRIORITIES } from '../../src/event/index.ts';
import { RetrySchedule } from '../../src/engine/retry-schedule.ts';
import { RingReader } from '../../src/ring/index.ts';
import { isReading, wrap, type Method } from './hooks.ts';
import { SimThread } from './threads.ts';

/** Runs `instead` on every n-th call. */
function every(n: number, instead: (original: Method, self: unknown, args: any[]) => unknown): (original: Method) => Method {
  let calls = 0;
  return (original) =>
    function (this: unknown, ...args) {
      return ++calls % n === 0 ? instead(original, this, args) : original.apply(this, args);
    };
}

export const BREAKS: Readonly<Record<string, () => void>> = {
  /** Every 50th reply of a worker is skipped. */
  'lose-reply': () => {
    let replies = 0;
    wrap(RingReader.prototype, 'next', (original) => {
      return function (this: unknown) {
        const index: number = original.call(this);
        return isReading && index !== 0 && ++replies % 50 === 0 ? original.call(this) : index;
      };
    });
  },
  /** Main does not wait until a thread that it gave up has really ended. */
  'skip-fence': () => wrap(SimThread.prototype, 'once', () => (_event: 'exit', listener: () => void) => listener()),
  /** What a dead thread left unfinished is struck off. */
  'clear-targets': () => {
    wrap(SimThread.prototype, 'report', (original) => {
      return function (this: unknown) {
        const { buffer, ringBytes, replyBytes } = (this as SimThread).task;
        const words = new Uint32Array(buffer);
        for (const base of layoutHost(ringBytes, replyBytes).laneBases) {
          const reader = new RingReader(buffer, base);
          for (let at = reader.next(); at !== 0; at = reader.next()) if (words[(at + ROUTE) >> 2] !== 0) words[(at + TARGETS) >> 2] = 0;
        }
        original.call(this);
      };
    });
  },
  /** Some events that wait behind a retry are forgotten. */
  'forget-parked': () =>
    wrap(
      Delivery.prototype,
      'park',
      every(5, () => undefined),
    ),
  /** A successor is not told which keys wait for a retry. */
  'forget-blocked': () => wrap(Delivery.prototype, 'blockedOf', () => () => []),
  /** A key is freed although events of it are on their way back. */
  'free-early': () =>
    wrap(
      Delivery.prototype,
      'park',
      every(3, (_original, self, [member, frame]) => (self as Delivery).redrive(member, frame)),
    ),
  /** Retries come after half their time. */
  'early-retry': () =>
    wrap(
      RetrySchedule.prototype,
      'add',
      every(1, (original, self, [delayMs, item]) => original.call(self, delayMs / 2, item)),
    ),
  /** Some wake-ups are not given. */
  'lose-wake': () =>
    wrap(
      Control.prototype,
      'wake',
      every(7, () => undefined),
    ),
  /** Some deliveries are written twice. */
  'write-twice': () =>
    wrap(
      Outlet.prototype,
      'push',
      every(40, (original, self, args) => {
        original.apply(self, args);
        original.apply(self, args);
      }),
    ),
  /** The books show a success too many. */
  miscount: () =>
    wrap(
      Control.prototype,
      'acknowledged',
      every(1, (original, self, args) => {
        const count: number = original.apply(self, args);
        return count > 20 ? count + 1 : count;
      }),
    ),
  /** CRITICAL travels in the lane of LOW. */
  'swap-lanes': () => {
    const swap = (views: any, index: number): void => {
      views.u8[index + LANE] = PRIORITIES.length - 1 - views.u8[index + LANE];
    };
    const swapped = (original: Method): Method =>
      function (this: unknown, views, index, ...rest) {
        swap(views, index);
        const result: unknown = original.call(this, views, index, ...rest);
        swap(views, index);
        return result;
      };
    wrap(Dispatcher.prototype, 'commit', swapped);
    wrap(Dispatcher.prototype, 'commitOwn', swapped);
    // The event itself still says what it is.
    wrap(Outlet.prototype, 'push', swapped);
  },
};
