/** An event whose payload has a size to choose. */
import { defineEvent, Type, type Static } from '../src/index.ts';

const Payload = Type.Object({ symbol: Type.String(), data: Type.String() });

export type Blob = Static<typeof Payload>;

export const BenchBlob = defineEvent('bench.blob', {
  payload: Payload,
  key: (blob) => blob.symbol,
  description: 'A payload of a size to choose',
});

/** Texts of that many bytes, all different. */
export function blobOf(number: number, bytes: number): Blob {
  const head = `${number % 10_000}`.padStart(4, '0');
  return { symbol: `S${number % 8}`, data: head + 'x'.repeat(Math.max(0, bytes - head.length)) };
}

/** What one adds to a receiver's checksum: its length, its number, and its last character. */
export function checksumOfBlob({ data }: Blob): number {
  return data.length + Number(data.slice(0, 4)) + data.charCodeAt(data.length - 1);
}
