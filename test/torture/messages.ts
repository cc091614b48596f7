import type { BusStats } from '../../src/index.ts';
import type { Fault, Situation } from './plan.ts';

/** What the parent tells the child when it starts it. */
export interface Orders {
  readonly seed: number;
  readonly runMs: number;
  readonly roundMs: number;
  readonly ratePerSecond: number;
  readonly faults: readonly Fault[];
  readonly logPath: string;
  readonly lie: 'hide' | 'double' | 'leak' | null;
}

/** How much the child holds, taken when nothing is in flight and garbage was collected. */
export interface Sample {
  readonly heapMb: number;
  readonly externalMb: number;
  readonly rssMb: number;
  /** What keeps the event loop alive, by `process.getActiveResourcesInfo`. */
  readonly resources: number;
  readonly listeners: number;
}

/** From child to parent. After `drained` the child does nothing until it hears `go`. */
export type ChildMessage =
  | { readonly kind: 'drained'; readonly stats: BusStats; readonly sample: Sample; readonly situations: Partial<Record<Situation, number>> }
  /** A warning or an error of the engine about its threads. */
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'stuck'; readonly stats: BusStats; readonly message: string }
  | { readonly kind: 'finished'; readonly pending: number; readonly backPressure: number }
  | { readonly kind: 'failed'; readonly message: string };
