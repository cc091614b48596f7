/** thread-stream carries text to a stream on a worker thread: here a line of JSON per event. */
import { once } from 'node:events';
import { isSea } from 'node:sea';
import type ThreadStream from 'thread-stream';
import { importOptional, MissingPeer } from '../harness/optional.ts';
import type { PeerKind } from './peer.ts';

export const threadStream: PeerKind = {
  name: 'thread-stream, JSON lines',
  note: 'raw: text only, no bus',
  share: 0.5,
  async open({ memory }, { mask, plain }) {
    if (isSea()) throw new MissingPeer('thread-stream cannot load a stream from inside the executable');
    const { default: Stream } = await importOptional<{ default: typeof ThreadStream }>('thread-stream');
    const filename = new URL('./_thread-stream-worker.ts', import.meta.url).href;
    const stream = new Stream({ filename, workerData: { memory }, sync: false });
    await once(stream, 'ready');
    return {
      send: async (events) => {
        for (let i = 0; i < events; i++) {
          if (!stream.write(`${JSON.stringify(plain[i & mask])}\n`)) await once(stream, 'drain');
        }
      },
      stop: async () => {
        const closed = once(stream, 'close');
        stream.end();
        await closed;
      },
    };
  },
};
