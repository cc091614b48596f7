import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Feed, FeedBatch } from '../../src/feed/index.ts';

/** Runs with a fresh directory that holds these files. */
export async function withFiles<T>(files: Record<string, string>, run: (path: (name: string) => string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'qt-feed-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    return await run((name) => join(directory, name));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export async function collect(feed: Feed, signal?: AbortSignal): Promise<FeedBatch[]> {
  const batches: FeedBatch[] = [];
  for await (const batch of feed.batches(signal)) batches.push(batch);
  return batches;
}

/** Type, time in seconds and the telling field of each event, one line each. */
export function lines(batches: readonly FeedBatch[]): string[] {
  return batches.flatMap((batch) =>
    batch.events.map((event) => {
      const payload = event.payload as Record<string, string | number | undefined>;
      const what = payload['close'] ?? payload['price'] ?? payload['day'] ?? payload['cause'] ?? `lost ${payload['lost']}`;
      return `${batch.tsEventUs / 1e6} ${event.type.split('.').slice(1).join('.')} ${payload['symbol'] ?? ''} ${what}`;
    }),
  );
}

/** Plain JSON of every event with its time, to compare feeds byte by byte. */
export function bytes(batches: readonly FeedBatch[]): string {
  return JSON.stringify(
    batches.map((batch) => [batch.tsEventUs, batch.events.map((event) => [event.type, event.timestamp, event.payload])]),
  );
}
