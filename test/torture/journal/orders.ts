import type { JournalLevel } from '../../../src/journal/index.ts';

/** Calls to the file system before which a process can kill itself. */
export const AIMS = ['create', 'write', 'sync', 'syncDirectory', 'rename', 'unlink'] as const;
export type Aim = (typeof AIMS)[number];

/** What the parent tells a process that has loaded its code, as one line of JSON. */
export interface Orders {
  readonly directory: string;
  readonly seed: number;
  readonly level: JournalLevel;
  /** Where durable groups write down what they have finished. */
  readonly recordFolder: string;
  readonly segmentBytes: number;
  readonly batchBytes: number;
  /** Kill yourself before this call, or in the middle of it if it is a write; the writer then runs on the main thread, where its calls can be counted. */
  readonly aim: { readonly call: Aim; readonly count: number } | null;
  /** Publish nothing, let the groups catch up, close in peace. */
  readonly isQuiet: boolean;
  /** `early`: say that an event is kept before it is. `other`: publish another event than the one of this seq, now and then. */
  readonly lie: Lie | null;
}

export const LIES = ['early', 'other'] as const;
export type Lie = (typeof LIES)[number];

/** What the process says on stdout, one line each: the word, then JSON. A line without an end was not said. */
export type Said =
  | { readonly word: 'ready' }
  | { readonly word: 'opening' }
  | {
      readonly word: 'open';
      readonly lastSeq: number;
      readonly cutBytes: number;
      readonly indexesRebuilt: number;
      readonly leftoversRemoved: number;
    }
  /** Publishing begins. */
  | { readonly word: 'running' }
  /** Acknowledged to whoever published them: the checksum of each event from this seq on, as base64 of 32-bit words. */
  | { readonly word: 'kept'; readonly fromSeq: number; readonly crcs: string }
  | { readonly word: 'retaining' }
  | {
      readonly word: 'retained';
      readonly segmentsRemoved: number;
      readonly segmentsRewritten: number;
      readonly failures: readonly string[];
    }
  /** About to kill itself. */
  | { readonly word: 'aimed' }
  | { readonly word: 'closed' }
  | { readonly word: 'failed'; readonly message: string };
