/** What the main thread of a simulated program does with its bus: subscribe, publish, and everything users do in the middle. */
import type { Bus } from '../../src/engine/bus.ts';
import { QT_BUS_DRAIN_TIMEOUT, QT_BUS_FULL, QT_BUS_NOT_RUNNING } from '../../src/engine/errors.ts';
import type { SubscriptionHandle } from '../../src/engine/event-bus.ts';
import { createPrng, hasCode, type Prng } from '../../src/base/index.ts';
import { moduleHandler, PRIORITIES, type EventInput, type HandlerContext, type QtEvent } from '../../src/event/index.ts';
import { DEFINITIONS } from './events.ts';
import type { Handlers } from './handlers.ts';
import type { SimModule } from './hooks.ts';
import { Broken, type Kernel } from './kernel.ts';
import { DELAYED, FREE, KEYED, LIMITED, LOOSE, type GroupPlan, type Plan } from './plan.ts';
import type { Witness } from './witness.ts';

interface Churn {
  readonly handle: SubscriptionHandle;
  /** Events up to here may reach it. */
  lastSeq: number;
}

export class Workload {
  /** Publishes still to be made. */
  left: number;
  /** Publishers that wait. */
  waiting = 0;
  readonly #kernel: Kernel;
  /** What is published, apart from what happens to it: the same on any number of threads. */
  readonly #prng: Prng;
  readonly #plan: Plan;
  readonly #bus: Bus;
  readonly #witness: Witness;
  readonly #handlers: Handlers;
  readonly #churns: Churn[] = [];
  readonly #chores: (() => void)[] = [];
  #nestedPublishes = 0;
  #n = 0;

  constructor(kernel: Kernel, plan: Plan, bus: Bus, witness: Witness, handlers: Handlers) {
    this.#kernel = kernel;
    this.#prng = createPrng(`sim:${plan.seed}:events`);
    this.#plan = plan;
    this.#bus = bus;
    this.#witness = witness;
    this.#handlers = handlers;
    this.left = plan.events;
    const chores: readonly (readonly [number, () => void])[] = [
      [plan.churn, () => this.#subscribeChurn()],
      [plan.redrives, () => this.#redrive()],
      [plan.jumps, () => this.#jump()],
      [plan.freezes, () => this.#freeze()],
      [plan.drains, () => this.#drain()],
    ];
    for (const [times, chore] of chores) for (let i = 0; i < times; i++) this.#chores.push(chore);
  }

  subscribe(): void {
    for (const group of this.#plan.groups) {
      for (let i = 0; i < (group.isSplit && !group.isBroadcast ? 2 : 1); i++) this.#subscribe(group);
    }
  }

  #subscribe(group: GroupPlan): void {
    const handler = this.#handlers.handlerOf(group);
    const module: SimModule = { load: () => ({ handler, state: undefined }) };
    const name = `sim:${group.name}`;
    this.#bus.subscribe(group.topics, group.isMain ? handler : moduleHandler(name, 'handle', { options: module, instance: name }), {
      group: group.name,
      broadcast: group.isBroadcast,
      retry: { maxRetries: group.maxRetries },
      orderedRetry: group.isOrdered,
      ...(group.lane === null ? {} : { priority: group.lane }),
      ...(group.isPicky ? { filter: { field: 'pick', op: '==', value: true } } : {}),
      ...(group.concurrency === null || group.isBroadcast ? {} : { concurrency: group.concurrency }),
    });
  }

  /** One thing that a program may do next. */
  act(): void {
    if (this.#chores.length > 0 && this.#kernel.chance(0.04)) {
      const at = this.#kernel.prng.integer(this.#chores.length);
      return this.#chores.splice(at, 1)[0]!();
    }
    if (this.#plan.padMax > 1000 && !this.#plan.isLockstep && this.#kernel.chance(0.06)) return this.#burst();
    // In lockstep a refusal would depend on timing, and the order of events may not.
    const way = this.#plan.isLockstep ? 0.5 + this.#prng.next() / 2 : this.#kernel.prng.next();
    if (way < 0.5) this.tryPublish();
    else if (way < 0.9) this.#publish();
    else this.#publishBatch();
  }

  /** Promises have moved since anything was published inside a worker's code. */
  forgetNested(): void {
    this.#nestedPublishes = 0;
  }

  /** Publishing inside a worker's code: only what needs no promise. */
  tryPublish(): void {
    if (this.left <= 0) return;
    this.left--;
    this.#nestedPublishes++;
    try {
      if (this.#bus.tryPublish(this.#next()) < 0) this.#kernel.count('publish refused: full, limited or busy');
    } catch (error) {
      this.#excuse(error);
    }
  }

  /** More bytes at once than a ring holds. */
  #burst(): void {
    const lane = this.#kernel.prng.integer(4);
    this.#kernel.count('burst of large events');
    for (let i = 0; i < 14; i++) this.#publish(this.#next(5000, lane));
  }

  #publish(event = this.#next()): void {
    this.left--;
    this.waiting++;
    this.#bus
      .publish(event)
      .then(
        () => {},
        (error: unknown) => this.#excuse(error, QT_BUS_FULL),
      )
      .finally(() => this.waiting--);
  }

  #publishBatch(): void {
    const events = Array.from({ length: 1 + this.#prng.integer(8) }, () => this.#next());
    this.left -= events.length;
    this.waiting++;
    this.#bus
      .publishBatch(events)
      .catch((error: unknown) => this.#excuse(error, QT_BUS_FULL))
      .finally(() => this.waiting--);
  }

  #excuse(error: unknown, ...codes: string[]): void {
    if ([...codes, QT_BUS_NOT_RUNNING].some((code) => hasCode(error, code))) {
      this.#kernel.count(`refused: ${(error as { code: string }).code}`);
      return;
    }
    this.#kernel.fault ??= error;
  }

  #next(padMin = 0, lane = -1): EventInput {
    const prng = this.#prng;
    const plan = this.#plan;
    const chance = prng.next();
    const type =
      chance < 0.65 ? KEYED : chance < 0.77 ? LOOSE : chance < 0.9 ? FREE : plan.isLockstep ? FREE : chance < 0.95 ? DELAYED : LIMITED;
    const key = `k${prng.integer(plan.keys)}`;
    const twin = plan.dedupeMs > 0 && prng.next() < 0.3 ? `t${prng.integer(5)}` : '';
    const pad = 'x'.repeat(padMin + (prng.integer(3) === 0 ? prng.integer(plan.padMax - padMin) : 0));
    const payload = { n: ++this.#n, key, pick: prng.integer(2) === 0, depth: 0, cause: 0, by: '', index: 0, twin, pad };
    const options = { priority: PRIORITIES[lane < 0 ? prng.integer(4) : lane]!, ...(twin === '' ? {} : { dedupeId: twin }) };
    if (type === LOOSE) return { type, payload, key, ...options };
    return DEFINITIONS[type].create(payload, options);
  }

  #subscribeChurn(): void {
    const kernel = this.#kernel;
    const last = this.#churns.at(-1);
    if (last !== undefined && last.lastSeq === Infinity && kernel.chance(0.6)) return this.#unsubscribe(last);
    const isMain = kernel.chance(0.4);
    const churn: Churn = { handle: null as never, lastSeq: Infinity };
    const handler = (event: QtEvent, ctx: HandlerContext): void => {
      kernel.point();
      if (event.seq > churn.lastSeq)
        kernel.fault ??= new Broken(`event ${event.seq} reached ${ctx.group}, which had left at ${churn.lastSeq}`);
      if (isMain && churn.lastSeq !== Infinity) kernel.fault ??= new Broken(`${ctx.group} was called on the main thread after it had left`);
      if (event.seq % 5 === 0) throw new Error('as planned');
    };
    const module: SimModule = { load: () => ({ handler, state: undefined }) };
    const group = `churn${this.#churns.length + 1}`;
    const handle = this.#bus.subscribe(
      'sim.*',
      isMain ? handler : moduleHandler(`sim:${group}`, 'handle', { options: module, instance: group }),
      {
        group,
        retry: { maxRetries: kernel.prng.integer(2) },
      },
    );
    this.#churns.push(Object.assign(churn, { handle }));
    kernel.count('subscribed in the middle');
    this.#chores.push(() => this.#unsubscribe(churn));
  }

  #unsubscribe(churn: Churn): void {
    if (churn.lastSeq !== Infinity) return;
    churn.handle.unsubscribe();
    churn.lastSeq = this.#bus.getStats().published;
    this.#kernel.count('unsubscribed in the middle');
  }

  #redrive(): void {
    const { deadLetters } = this.#bus;
    for (const letter of deadLetters.list({ limit: 1 + this.#kernel.prng.integer(3) })) {
      const plan = this.#plan.groups.find(({ name }) => name === letter.group);
      if (plan?.isBroadcast === true) continue;
      if (plan !== undefined) this.#witness.redriven(Number(/-(\d+)\//.exec(letter.id)?.[1]), letter.group);
      if (plan !== undefined && letter.event !== null) this.#witness.troubled(letter.group, letter.event.key);
      void deadLetters.redrive({ id: letter.id });
      this.#kernel.count('redriven');
    }
  }

  #jump(): void {
    this.#kernel.wallOffsetUs += (this.#kernel.prng.integer(2) === 0 ? 1 : -1) * 3_600_000_000;
    this.#kernel.count('wall clock jumped an hour');
  }

  /** The whole process is stopped and continued: time has passed, and nobody did anything. */
  #freeze(): void {
    this.#kernel.nowMs += 60_000;
    this.#kernel.frozenMs += 60_000;
    this.#kernel.count('process frozen for a minute');
  }

  #drain(): void {
    const timeoutMs = this.#kernel.pick([5, 500, 60_000]);
    this.#kernel.count('drained in the middle');
    this.#bus.drain({ timeoutMs }).then(
      () => {
        const { pending } = this.#bus.getStats();
        // Unless somebody published between the end of the drain and this line.
        if (pending > 0 && this.#nestedPublishes === 0 && this.waiting === 0)
          this.#kernel.fault ??= new Broken(`drain ended with ${pending} pending`);
      },
      (error: unknown) => this.#excuse(error, QT_BUS_DRAIN_TIMEOUT),
    );
  }
}
