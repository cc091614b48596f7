/**
 * Turns the places where two threads meet into points of the simulator, by wrapping the methods and atomic operations
 * that the engine uses there. Nothing in the engine knows of it.
 */
import { DeliveryContext } from '../../src/engine/delivery-context.ts';
import { HandlerLoader, type HandlerModuleSpec, type LoadedHandler } from '../../src/engine/handler-loader.ts';
import { RemoteHost } from '../../src/engine/remote-host.ts';
import { RingWriter } from '../../src/ring/index.ts';
import { Broken, type Kernel } from './kernel.ts';

/** What a simulated module handler carries in its options, which no simulated thread clones. */
export interface SimModule {
  readonly load: () => LoadedHandler;
}

export type Method = (this: unknown, ...args: any[]) => any;

let active: Kernel | null = null;
const undo: (() => void)[] = [];

/** The host whose replies main read last: who a dead letter comes from. */
export let readingHost = 0;
export let isReading = false;

/** Replaces a method until `uninstall`. */
export function wrap<T extends object>(target: T, name: keyof T, make: (original: Method) => Method): void {
  const original = target[name] as Method;
  Object.assign(target, { [name]: make(original) });
  undo.push(() => Object.assign(target, { [name]: original }));
}

const before = (original: Method): Method =>
  function (...args) {
    active?.point();
    return original.apply(this, args);
  };

const after = (original: Method): Method =>
  function (...args) {
    const result: unknown = original.apply(this, args);
    active?.point();
    return result;
  };

export function install(): void {
  const { store, exchange, add, wait } = Atomics;
  const patched = {
    store: (array: Int32Array, index: number, value: number) => {
      const result = store(array, index, value);
      if (active !== null) active.point();
      return result;
    },
    exchange: (array: Int32Array, index: number, value: number) => {
      const result = exchange(array, index, value);
      if (active !== null) active.point();
      return result;
    },
    add: (array: Int32Array, index: number, value: number) => {
      const result = add(array, index, value);
      if (active !== null) active.point();
      return result;
    },
    wait: (array: Int32Array, index: number, value: number, timeout?: number) =>
      active === null || active.current === null ? wait(array, index, value, timeout) : block(active, array, index, value),
  };
  Object.assign(Atomics, patched);
  undo.push(() => Object.assign(Atomics, { store, exchange, add, wait }));
  // What a thread does later it still does as that thread, or not at all if it is gone by then.
  wrap(
    Promise.prototype as unknown as { then: Method },
    'then',
    (original) =>
      function (this: unknown, done?: Method, failed?: Method) {
        const thread = active?.current ?? null;
        if (thread === null) return original.call(this, done, failed);
        const asThread = (run: Method | undefined): Method | undefined =>
          run && ((value: unknown) => thread.isStopped || thread.perform(() => run.call(undefined, value)));
        return original.call(this, asThread(done), asThread(failed));
      },
  );
  wrap(RingWriter.prototype, 'claim', before);
  wrap(DeliveryContext.prototype, 'end', after);
  wrap(HandlerLoader.prototype, 'load', () => async (spec: HandlerModuleSpec) => {
    active?.point();
    return (spec.options as SimModule).load();
  });
  wrap(
    RemoteHost.prototype,
    'readReplies',
    (original) =>
      function (this: unknown) {
        readingHost = (this as RemoteHost).index;
        isReading = true;
        try {
          original.call(this);
        } finally {
          isReading = false;
        }
      },
  );
}

export function uninstall(): void {
  for (const restore of undo.splice(0).reverse()) restore();
  active = null;
}

export function activate(kernel: Kernel | null): void {
  active = kernel;
}

/** A worker waits for a word to change, which only main can do. */
function block(kernel: Kernel, words: Int32Array, index: number, value: number): 'ok' | 'timed-out' {
  const thread = kernel.current!;
  kernel.point();
  kernel.count('worker waits for reply space');
  // Main is in the middle of something, or hears this thread no more: it cannot make room, so the thread ends here.
  if (kernel.isNested || thread.channel.isClosed || thread.isCondemned) thread.stopHere('dead');
  for (let turns = 0; turns < 50; turns++) {
    if (words[index] !== value) return 'ok';
    kernel.interruptWorker(thread.channel.toMain.length > 0 ? () => thread.channel.deliver() : undefined);
  }
  if (++thread.waits > 50) {
    kernel.fault ??= new Broken('a worker waits for room in its reply ring for ever');
    thread.stopHere('dead');
  }
  return 'timed-out';
}
