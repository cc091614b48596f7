/** Worker-thread handler that counts blobs into the tally whose memory it is given. */
import type { HandlerContext, QtEvent } from '../../src/index.ts';
import { checksumOfBlob, type Blob } from '../blob.ts';
import { Tally } from '../harness/tally.ts';

export function setup(options: { memory: SharedArrayBuffer }): Tally {
  return new Tally(options.memory);
}

export function onBlob(event: QtEvent<Blob>, ctx: HandlerContext<Tally>): void {
  ctx.state.addValue(checksumOfBlob(event.payload));
}
