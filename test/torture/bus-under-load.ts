/** The tortured process: embeds the bus as any program would, and keeps it under load until its time is over. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEventBus, defineEvent, moduleHandler, Type, type EventBus } from '../../src/index.ts';
import { dueFault, Run, sleep as hop, type HandlerOptions, type onFaulty } from './handlers.ts';
import { LogWriter } from './log.ts';
import type { ChildMessage, Orders } from './messages.ts';
import {
  createPlan,
  GROUPS,
  MAX_RETRIES,
  TIMEOUT_MS,
  toFlags,
  WORKERS,
  type Fault,
  type Group,
  type PlannedEvent,
  type Situation,
  type TickPayload,
} from './plan.ts';
import { Situations } from './situations.ts';

const HANDLERS = new URL('./handlers.ts', import.meta.url);
const TICK_MS = 5;
/** Publishers that may wait for room at one time. */
const WAITING_MAX = 500;
const DRAIN_MS_MAX = 60_000;

const Tick = defineEvent('torture.tick', {
  payload: Type.Object({
    n: Type.Integer(),
    key: Type.Integer(),
    fault: Type.String(),
    times: Type.Integer(),
    pick: Type.Boolean(),
    derive: Type.Integer(),
    hops: Type.Integer(),
  }),
  key: (payload) => `k${payload.key}`,
});
defineEvent('torture.derived', {
  payload: Type.Object({ cause: Type.Integer(), index: Type.Integer(), key: Type.Integer(), fill: Type.String() }),
});

class BusUnderLoad {
  readonly #orders: Orders;
  readonly #log: LogWriter;
  readonly #bus: EventBus;
  readonly #plan: () => PlannedEvent;
  readonly #situations: Situations;
  readonly #handlerOptions: HandlerOptions;
  readonly #leak: Buffer[] = [];
  readonly #redriven = new Set<string>();
  #waiting = 0;
  #backPressure = 0;
  #redriveNow = 0;

  constructor(orders: Orders) {
    this.#orders = orders;
    this.#log = new LogWriter(orders.logPath, 0);
    const faults = new Set(orders.faults);
    this.#plan = createPlan(orders.seed, orders.ratePerSecond, faults);
    this.#handlerOptions = { logPath: orders.logPath, lie: orders.lie === 'leak' ? null : orders.lie };
    this.#bus = createEventBus({
      workers: WORKERS,
      ringBytes: 128 * 1024,
      replyBytes: 128 * 1024,
      workerHeapMb: 64,
      retry: { maxRetries: MAX_RETRIES, backoffMs: [20, 60, 150] },
      processingTimeoutMs: TIMEOUT_MS,
      logger: { debug() {}, info() {}, warn: passOn, error: passOn },
      sink: { write: (_bytes, _offset, _length, event) => this.#seeCommitted(event) },
    });
    this.#situations = new Situations({
      bus: this.#bus,
      seed: orders.seed,
      chosen: faults as ReadonlySet<Fault> as ReadonlySet<Situation>,
      handlers: HANDLERS,
      handlerOptions: this.#handlerOptions,
      flood: (count) => {
        for (let i = 0; i < count && this.#waiting < WAITING_MAX; i++) this.#publish();
      },
      subscribeLate: () => {
        this.#subscribe('late', 'torture.*', 'onFast');
        this.#log.write('late', this.#bus.getStats().published);
      },
      redrive: () => (this.#redriveNow = 2),
    });
  }

  async run(): Promise<void> {
    this.#subscribe('fast', 'torture.*', 'onFast');
    this.#subscribe('pinned', ['torture.tick', 'torture.free'], 'onFast', { priority: 'NORMAL' });
    this.#subscribe('picky', 'torture.tick', 'onFast', { filter: { field: 'pick', op: '==', value: true } });
    this.#subscribe('faulty', ['torture.tick', 'torture.free'], 'onFaulty' satisfies typeof onFaulty.name);
    this.#subscribe('async', 'torture.tick', 'onAsync');
    this.#subscribe('pipeline', 'torture.tick', 'onPipeline');
    this.#bus.subscribe(Tick, (event, ctx) => this.#onMain(event as never, ctx as never), { group: 'main' satisfies Group });
    await this.#bus.start();
    const letters = setInterval(() => this.#takeDeadLetters(), 100);
    this.#situations.start();
    const { runMs, roundMs } = this.#orders;
    for (const end = performance.now() + runMs; performance.now() < end;) await this.#round(Math.min(roundMs, end - performance.now()));
    await this.#situations.stop();
    clearInterval(letters);
    const { pending } = await this.#bus.stop();
    send({ kind: 'finished', pending, backPressure: this.#backPressure });
  }

  /** Load for a while, then silence, in which the parent compares the books. */
  async #round(ms: number): Promise<void> {
    let owed = 0;
    let last = performance.now();
    for (const end = last + ms; last < end;) {
      await sleep(TICK_MS);
      const now = performance.now();
      owed = Math.min(owed + ((now - last) * this.#orders.ratePerSecond) / 1000, this.#orders.ratePerSecond / 10);
      last = now;
      for (; owed >= 1 && this.#waiting < WAITING_MAX; owed--) this.#publish();
      if (this.#orders.lie === 'leak') this.#leak.push(Buffer.alloc(200_000, 1));
    }
    await this.#situations.stop();
    try {
      await this.#bus.drain({ timeoutMs: DRAIN_MS_MAX });
    } catch (error) {
      this.#takeDeadLetters();
      send({ kind: 'stuck', stats: this.#bus.getStats(), message: String(error) });
      await heard();
      throw error;
    }
    this.#takeDeadLetters(false);
    await this.#bus.drain();
    (globalThis as { gc?: () => void }).gc?.();
    send({ kind: 'drained', stats: this.#bus.getStats(), sample: takeSample(), situations: this.#situations.counts });
    await heard();
    this.#situations.start();
  }

  #publish(): void {
    const event = this.#plan();
    const { type, payload, priority } = event;
    const draft = type === 'torture.tick' ? Tick.create(payload, { priority }) : { type, payload, priority, key: `k${payload.key}` };
    const seq = this.#waiting === 0 ? this.#bus.tryPublish(draft) : -1;
    if (seq > 0) return this.#logAccepted(seq, event);
    this.#waiting++;
    this.#backPressure++;
    void this.#bus.publish(draft).then((receipt) => {
      this.#waiting--;
      this.#logAccepted(receipt.seq, event);
    });
  }

  #logAccepted(seq: number, event: PlannedEvent): void {
    this.#log.write('accepted', seq, 0, 0, event.payload.key, event.lane, toFlags(event));
  }

  #seeCommitted(event: { type: string; seq: number; decode(): { payload: object } }): void {
    if (event.type !== 'torture.derived') return;
    const { cause, index, key } = event.decode().payload as { cause: number; index: number; key: number };
    this.#log.write('derived', event.seq, GROUPS.indexOf('pipeline'), index, key, 2, cause);
  }

  #subscribe(group: Group, topic: string | string[], exportName: string, options: object = {}): void {
    const handler = moduleHandler(HANDLERS, exportName, { options: this.#handlerOptions });
    this.#bus.subscribe(topic, handler, { group, ...options });
  }

  async #onMain(event: Parameters<typeof onFaulty>[0], ctx: Parameters<typeof onFaulty>[1]): Promise<void> {
    const run = new Run(this.#log, event, ctx);
    run.watch(ctx.signal);
    const fault = dueFault(event, ctx, 'main');
    for (let hops = (event.payload satisfies TickPayload).hops; hops > 0; hops--) await hop(1);
    if (fault === 'main-never') return new Promise(() => {});
    if (fault === 'main-throw') {
      run.end('failed');
      throw new Error('as planned');
    }
    run.end('ok');
  }

  /** Writes the dead letters down and forgets them, or sends one again. */
  #takeDeadLetters(mayRedrive = true): void {
    for (const letter of this.#bus.deadLetters.list()) {
      const seq = Number(/-(\d+)\//.exec(letter.id)?.[1]);
      const group = (GROUPS as readonly string[]).indexOf(letter.group);
      if (group >= 0) this.#log.write('dead', seq, group, letter.attempts);
      if (mayRedrive && this.#redriveNow > 0 && group >= 0 && !this.#redriven.has(letter.id)) {
        this.#redriveNow--;
        this.#redriven.add(letter.id);
        this.#log.write('redriven', seq, group);
        void this.#bus.deadLetters.redrive({ id: letter.id });
      } else {
        this.#bus.deadLetters.purge({ id: letter.id });
      }
    }
  }
}

/** Passes on what the engine says about threads and groups; what becomes of single events is in the log. */
function passOn(fields: object, message: string): void {
  if (/thread|worker|degraded|loaded|come back/.test(message)) send({ kind: 'said', text: `${message} ${JSON.stringify(fields)}` });
}

function takeSample(): Extract<ChildMessage, { kind: 'drained' }>['sample'] {
  const { heapUsed, external, rss } = process.memoryUsage();
  const mb = (bytes: number): number => Math.round(bytes / 104_857.6) / 10;
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  return {
    heapMb: mb(heapUsed),
    externalMb: mb(external),
    rssMb: mb(rss),
    resources: process.getActiveResourcesInfo().length,
    listeners,
  };
}

function send(message: ChildMessage): void {
  process.send!(message);
}

function heard(): Promise<unknown> {
  return once(process, 'message');
}

process.once('message', (orders) => {
  new BusUnderLoad(orders as Orders)
    .run()
    .catch((error: unknown) => send({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }))
    // Nothing else may keep this process alive: the parent watches that it ends.
    .finally(() => process.disconnect?.());
});
