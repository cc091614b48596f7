import type { Readable } from 'node:stream';

export interface InputLine {
  /** Without its end. */
  readonly bytes: Buffer;
  /** From 1. */
  readonly number: number;
  /** Bytes from the start of the input. */
  readonly offset: number;
}

/** The longest frame a journal can be given is 32 MiB; as base64 and as escaped JSON beside it that is less than this. */
const LINE_BYTES_MAX = 512 * 1024 * 1024;
const NEWLINE = 10;

/** The lines of a stream, as many at a time as a chunk of it completes. Holds one chunk and one line. */
export async function* readLines(stream: Readable): AsyncGenerator<readonly InputLine[], void, undefined> {
  let parts: Buffer[] = [];
  let partBytes = 0;
  let number = 1;
  let offset = 0;
  const take = (end: Buffer): InputLine => {
    const bytes = parts.length === 0 ? end : Buffer.concat([...parts, end]);
    const line = { bytes, number, offset };
    number++;
    offset += bytes.length + 1;
    parts = [];
    partBytes = 0;
    return line;
  };
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const lines: InputLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      lines.push(take(chunk.subarray(start, end)));
      start = end + 1;
    }
    if (start < chunk.length) {
      parts.push(chunk.subarray(start));
      partBytes += chunk.length - start;
    }
    if (lines.length > 0) yield lines;
    // Given out as it is: whoever checks it will find no end, and memory stays bounded.
    if (partBytes > LINE_BYTES_MAX) break;
  }
  if (partBytes > 0) yield [take(Buffer.alloc(0))];
}
