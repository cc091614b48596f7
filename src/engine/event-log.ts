import type { FrameDecoder, FrameViews, TypeRecord } from '../codec/index.ts';
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
  /** Takes a copy of a frame, which starts at a multiple of 8. `seq` is one more than `lastSeq`. */
  append(source: FrameViews, index: number, length: number, seq: number): void;
  /** Shows the writer what was appended. */
  flush(): void;
  /** Types, before the first frame that uses them. */
  types(records: readonly TypeRecord[]): void;
  /** Names that frames refer to: the run, and the sources by subscription id. */
  names(names: Readonly<Record<string, string>>): void;
  /** Resolves when everything up to this seq is durable at the log's level; it can be read from then on. */
  whenDurable(seq: number): Promise<void>;
  /** Calls back whenever there is room again after `accepts` said no, and after a failure. */
  onSpace(callback: () => void): void;
  onFailure(callback: (failure: Error) => void): void;
  /** What lets groups and dead letters outlive the process; undefined for a log that cannot. */
  readonly durable?: DurableLog;
}

/** The parts of a log that are needed after a restart. */
export interface DurableLog {
  /** How far each group has come. Opened on first use. */
  readonly positions: GroupPositions;
  /** Starts to read at a seq, or at the first event that happened at this time or later (us since 1970). */
  open(from: { readonly fromSeq?: number; readonly fromTimeUs?: number }): LogReader;
}

/** By group: the seq up to which it has acknowledged everything. Written behind: a lost position is an older one. */
export interface GroupPositions {
  has(group: string): boolean;
  /** 0 for a group that never had one. */
  get(group: string): number;
  set(group: string, seq: number): void;
  /** Writes what has changed. */
  flush(): void;
}

/** A position in a log that moves forward. */
export interface LogReader {
  /** The seq that comes next, if there is one. */
  readonly nextSeq: number;
  /** Decodes the frames of the batch that was read last. */
  readonly decoder: FrameDecoder;
  /** Types and names of the batch that was read last. */
  readonly dictionary: { readonly types: readonly TypeRecord[]; readonly names: Readonly<Record<string, string>> };
  /** Delivers the frames of the next batch, which are valid during the call; returns how many, 0 at the end. */
  readBatch(callback: (views: FrameViews, index: number, length: number, seq: number) => void): number;
  close(): void;
}
