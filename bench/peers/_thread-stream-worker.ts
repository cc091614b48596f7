import { Writable } from 'node:stream';
import { Tally } from '../harness/tally.ts';
import type { Trade } from '../trade.ts';

/** thread-stream asks for a default export that makes the stream. */
// oxlint-disable-next-line import/no-default-export
export default function open({ memory }: { memory: SharedArrayBuffer }): Writable {
  const tally = new Tally(memory);
  let rest = '';
  return new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      for (const line of lines) tally.add((JSON.parse(line) as { payload: Trade }).payload);
      done();
    },
  });
}
