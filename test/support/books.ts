import { expect } from 'vitest';
import type { EventBus, GroupStats } from '../../src/index.ts';

/** The books of every group balance; after a drain nothing is pending. */
export function expectBalance(bus: EventBus, options: { readonly pending?: number } = {}): void {
  const stats = bus.getStats();
  for (const [group, books] of [['all', stats], ...Object.entries(stats.perGroup)] as [string, GroupStats][]) {
    expect(books.acknowledged + books.deadLettered + books.dropped + books.pending, `books of ${group}`).toBe(books.dispatched);
  }
  expect(stats.pending, 'deliveries without an outcome').toBe(options.pending ?? 0);
}

/** Settles the promise into a value, so that a rejection can be looked at. */
export function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'resolved',
    (error: unknown) => (error as { code?: unknown }).code ?? error,
  );
}
