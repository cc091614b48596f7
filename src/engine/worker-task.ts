import type { ErrorRecord } from '../base/index.ts';
import type { TypeRecord } from '../codec/index.ts';
import type { Unused } from './collector.ts';
import type { Filter } from './filter.ts';
import type { HandlerModuleSpec } from './handler-loader.ts';

/** A consumer as plain data, for the thread that will run it. */
export interface ConsumerRecord extends HandlerModuleSpec {
  readonly id: number;
  readonly subscription: number;
  readonly slot: number;
  readonly filter: Filter | null;
  readonly timeoutMs: number;
  readonly limit: number;
  readonly waitingMax: number;
  readonly ordered: boolean;
  /** Out of service: every event is refused. */
  readonly isDegraded: boolean;
}

/** Consumer ids by bit; a consumer that lives on another host is only a number here. */
export interface RouteRecord {
  readonly id: number;
  readonly consumers: readonly number[];
}

/** What a worker thread is given when it starts. */
export interface WorkerTask {
  readonly buffer: SharedArrayBuffer;
  /** The `transfer` of the worker's port. */
  readonly port: unknown;
  readonly epoch: number;
  readonly runId: string;
  readonly source: string;
  readonly validate: boolean;
  readonly ringBytes: number;
  readonly replyBytes: number;
  readonly frameBytesMax: number;
  readonly types: readonly TypeRecord[];
  /** Types whose definition has a key function. */
  readonly keyed: readonly string[];
  readonly consumers: readonly ConsumerRecord[];
  readonly routes: readonly RouteRecord[];
  /** The `source` of derived events, by subscription id. */
  readonly sources: readonly (readonly [id: number, source: string])[];
  /** Keys that wait for a retry, and how many events of them the predecessor handed back. */
  readonly blocked: readonly (readonly [consumer: number, keyHash: number, handedBack: number])[];
}

/** From main to worker; read when the worker meets something it does not know, or is idle. */
export type WorkerCommand =
  | { readonly kind: 'types'; readonly types: readonly TypeRecord[]; readonly keyed: readonly string[] }
  | { readonly kind: 'consumer'; readonly consumer: ConsumerRecord }
  | { readonly kind: 'source'; readonly id: number; readonly source: string }
  | { readonly kind: 'route'; readonly route: RouteRecord }
  | { readonly kind: 'forget'; readonly unused: Unused }
  | { readonly kind: 'degrade-consumer'; readonly id: number; readonly isDegraded: boolean }
  | { readonly kind: 'close-consumer'; readonly id: number };

/** From worker to main. `ping` says only: look at the reply ring and the words. */
export type WorkerMessage =
  | { readonly kind: 'ready'; readonly threadId: number }
  | { readonly kind: 'load-failed'; readonly id: number; readonly error: ErrorRecord; readonly fatal: boolean }
  | { readonly kind: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly fields: object; readonly message: string }
  | 'ping';
