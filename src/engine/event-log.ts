import type { TypeRecord } from '../codec/index.ts';
import type { DurabilityLevel } from './event-bus.ts';

/**
 * A durable log that takes every committed event before its handlers see it. The journal is one; the engine knows only
 * this much of it.
 */
export interface EventLog {
  /** Names the log for its whole life; event ids start with it unless a `runId` is given. */
  readonly journalId: string;
  /** What `publish` may claim once `whenDurable` has resolved. */
  readonly level: Exclude<DurabilityLevel, 'memory'>;
  /** Newest seq in it; the next event gets the one after it. */
  readonly lastSeq: number;
  /** Why it takes nothing any more, or null. */
  readonly failure: Error | null;
  /** False while an event of this length has to wait, also after a failure. */
  accepts(length: number): boolean;
  /** Takes a copy of a frame. `seq` is one more than `lastSeq`. */
  append(bytes: Buffer, offset: number, length: number, seq: number): void;
  /** Shows the writer what was appended. */
  flush(): void;
  /** Types, before the first frame that uses them. */
  types(records: readonly TypeRecord[]): void;
  /** Names that frames refer to: the run, and the sources by subscription id. */
  names(names: Readonly<Record<string, string>>): void;
  whenDurable(seq: number): Promise<void>;
  /** Calls back whenever there is room again after `accepts` said no, and after a failure. */
  onSpace(callback: () => void): void;
  onFailure(callback: (failure: Error) => void): void;
}
