import type { Logger } from '../base/index.ts';
import type { EventInput } from './draft.ts';
import type { QtEvent } from './event.ts';

/** A delivery that failed. */
export interface FailureRecord {
  readonly attempt: number;
  readonly code: string;
  readonly message: string;
  /** Microseconds since 1970 UTC. */
  readonly atUs: number;
}

/** What a handler may do and know besides its event. Valid only while the handler runs. */
export interface HandlerContext<S = unknown> {
  /** 1 for the first delivery, 2 for the first retry, and so on. */
  readonly attempt: number;
  readonly group: string;
  /** The failed deliveries before this one, oldest first; empty on the first. */
  readonly failures: readonly FailureRecord[];
  /** The error of the delivery before this one, or null. */
  readonly previousError: FailureRecord | null;
  /** What the module's `setup` returned; undefined for handlers without one. */
  readonly state: S;
  /**
   * Publishes a derived event. It leaves only if the handler succeeds, so a retry never publishes twice.
   *
   * @throws QtError QT_EVENT_PAYLOAD_INVALID and the other codes of `publish`
   */
  publish(event: EventInput): void;
  /** Aborted when the delivery timed out or the bus stops without waiting. */
  readonly signal: AbortSignal;
  /** Logical time: the event's `timestamp`, in microseconds. Decisions use this, never a wall clock. */
  now(): number;
  readonly logger: Logger;
}

export type Handler<P = Record<string, unknown>, S = unknown> = (event: QtEvent<P>, ctx: HandlerContext<S>) => unknown;

/** What `setup` of a handler module is told. */
export interface SetupInfo {
  readonly group: string;
  /** Number of this member in its group, from 0. */
  readonly member: number;
  readonly logger: Logger;
}

/** A handler that lives in a module and can therefore run on a worker thread. */
export interface ModuleHandler {
  readonly kind: 'module';
  /** Absolute URL of an ES module. */
  readonly url: string;
  /** Name of the exported handler function. */
  readonly exportName: string;
  /** Given to the module's `setup`; structured-clone data. */
  readonly options: unknown;
  /** Handlers of one module with the same instance name share one `setup` result on each thread. */
  readonly instance: string;
}

export interface ModuleHandlerOptions {
  /** Given to the module's `setup(options, info)`; plain data. */
  readonly options?: unknown;
  /** Default: the module's URL. */
  readonly instance?: string;
}

/**
 * Names a handler by module and export, so that worker threads can load it. The module may also export
 * `setup(options, info)`, whose result is `ctx.state`, and `teardown(state)`.
 *
 * @example moduleHandler(new URL('./analytics.ts', import.meta.url), 'onTrade')
 */
export function moduleHandler(url: URL | string, exportName = 'default', options: ModuleHandlerOptions = {}): ModuleHandler {
  const href = typeof url === 'string' ? new URL(url).href : url.href;
  return { kind: 'module', url: href, exportName, options: options.options, instance: options.instance ?? href };
}

/** Throw it in a handler to send the event straight to the dead letters, without retries. */
export class RejectEvent extends Error {
  override readonly name = 'RejectEvent';
  readonly code = 'QT_EVENT_REJECTED';
}
