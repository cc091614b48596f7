import { QtError, type Logger } from '../base/index.ts';
import { CAUSE_SEQ, CORRELATION_SEQ, EMIT_INDEX, SOURCE, TIMESTAMP, DeliveredEvent, type FrameEncoder } from '../codec/index.ts';
import type { EventInput, FailureRecord, HandlerContext } from '../event/index.ts';
import { QT_HANDLER_CONTEXT_CLOSED } from './errors.ts';
import { parseFailures } from './failures.ts';
import type { Intake } from './intake.ts';
import { copyFrame, type Replies } from './replies.ts';

/** What every context of a thread shares. */
export interface Emission {
  readonly intake: Intake;
  readonly encoder: FrameEncoder;
  readonly replies: Replies;
}

/**
 * The `ctx` of a handler run. A consumer reuses one for its synchronous runs; a run that turns out to be asynchronous
 * keeps the context it was given, and its derived events wait here as copies until it succeeds.
 */
export class DeliveryContext implements HandlerContext {
  readonly group: string;
  readonly state: unknown;
  readonly logger: Logger;
  attempt = 0;
  /** Derived events published so far in this run. */
  emitted = 0;
  readonly #consumer: number;
  readonly #subscription: number;
  readonly #emission: Emission;
  #event: DeliveredEvent | null = null;
  #staged: Buffer[] | null = null;
  #controller: AbortController | null = null;

  constructor(consumer: number, subscription: number, group: string, state: unknown, logger: Logger, emission: Emission) {
    this.group = group;
    this.state = state;
    this.logger = logger;
    this.#consumer = consumer;
    this.#subscription = subscription;
    this.#emission = emission;
  }

  begin(event: DeliveredEvent, attempt: number): void {
    this.#event = event;
    this.attempt = attempt;
    this.emitted = 0;
    this.#controller = null;
  }

  end(): void {
    this.#event = null;
  }

  /** From here on the run is asynchronous: what it has published so far is taken back from the replies and kept here. */
  detach(published: Buffer[]): void {
    this.#staged = published;
  }

  get staged(): Buffer[] | null {
    return this.#staged;
  }

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  abort(reason: unknown): void {
    this.#controller?.abort(reason);
  }

  get failures(): readonly FailureRecord[] {
    return parseFailures(DeliveredEvent.failuresOf(this.#open()));
  }

  get previousError(): FailureRecord | null {
    return this.failures.at(-1) ?? null;
  }

  now(): number {
    return this.#open().timestamp;
  }

  publish(input: EventInput): void {
    const event = this.#open();
    const { intake, encoder, replies } = this.#emission;
    const correlation = DeliveredEvent.correlationOf(event);
    const length = intake.encode(
      correlation !== undefined && input.correlationId === undefined ? carryCorrelation(input, correlation) : input,
    );
    const views = encoder.views;
    views.f64[CAUSE_SEQ >> 3] = event.seq;
    views.f64[TIMESTAMP >> 3] = input.timestamp ?? event.timestamp;
    views.f64[CORRELATION_SEQ >> 3] = DeliveredEvent.correlationSeqOf(event);
    views.u16[EMIT_INDEX >> 1] = this.emitted;
    views.u16[SOURCE >> 1] = this.#subscription;
    if (this.#staged === null) replies.derived(this.#consumer, views.bytes, 0, length);
    else this.#staged.push(copyFrame(views.bytes, 0, length));
    this.emitted++;
  }

  #open(): DeliveredEvent {
    if (this.#event !== null) return this.#event;
    throw new QtError(QT_HANDLER_CONTEXT_CLOSED, `Cannot use the context of group ${this.group}: its handler has finished`);
  }
}

/** A chain that started with an explicit correlation id keeps it. The prototype stays, because a draft is checked already. */
function carryCorrelation(input: EventInput, correlationId: string): EventInput {
  return Object.assign(Object.create(Object.getPrototypeOf(input) as object) as object, input, { correlationId }) as EventInput;
}
