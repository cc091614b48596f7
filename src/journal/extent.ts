import { QtError } from '../base/index.ts';
import { nodeFs, type JournalFs } from './file-system.ts';
import { listSegments, openSegment } from './segments.ts';

/** How much there is of a journal. */
export interface JournalExtent {
  readonly segments: number;
  /** Newest seq that its files answer for, 0 for none. */
  readonly lastSeq: number;
  readonly bytes: number;
}

/**
 * Measures a journal by the headers of its batches in the last segment, without their checksums: enough for a start
 * near the end and for the share of a long work that is done. Needs no lock. Of a journal whose end is damaged it tells
 * what comes before; reading it will name the damage.
 */
export function measureJournal(directory: string, fs: JournalFs = nodeFs): JournalExtent {
  const seqs = listSegments(fs, directory);
  let bytes = 0;
  let lastSeq = 0;
  for (const seq of seqs) {
    try {
      const reader = openSegment(fs, directory, seq, null);
      try {
        const size = reader.size();
        bytes += size;
        if (seq !== seqs.at(-1)) continue;
        lastSeq = seq - 1;
        while (reader.skip(size)) lastSeq = reader.head.lastSeq;
      } finally {
        reader.close();
      }
    } catch (error) {
      // Retention may have taken it, or it has only just been made, or it is damaged.
      if (!(error instanceof QtError) && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      lastSeq = Math.max(lastSeq, seq - 1);
    }
  }
  return { segments: seqs.length, lastSeq, bytes };
}
