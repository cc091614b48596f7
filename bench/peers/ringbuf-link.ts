/**
 * Our codec through the ring of ringbuf.js: what the ring itself is worth. It has no wake-up, so its reader polls, as
 * its readers do: some spins, then a millisecond.
 */
import { importOptional } from '../harness/optional.ts';
import { startThread } from '../harness/thread.ts';
import { FrameEncoder, TypeTable } from '../../src/codec/index.ts';
import type { EventDefinition } from '../../src/index.ts';
import type { RingBuffer } from 'ringbuf.js';
import { BenchTrade } from '../trade.ts';
import type { PeerKind } from './peer.ts';

export type RingbufModule = { readonly RingBuffer: typeof RingBuffer };

export interface RingbufWorkerData {
  readonly storage: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  readonly types: ReturnType<TypeTable['toRecords']>;
  readonly memory: SharedArrayBuffer;
}

/** As the bus by default. */
const RING_BYTES = 1 << 20;
const FRAME_BYTES_MAX = 4096;

export const ringbuf: PeerKind = {
  name: 'ringbuf.js and our codec',
  note: 'raw: no bus, its reader polls',
  share: 1,
  async open({ memory }, { drafts, mask }) {
    const { RingBuffer: Ring } = await importOptional<RingbufModule>('ringbuf.js');
    const table = new TypeTable();
    const entry = table.addDefinition(BenchTrade as unknown as EventDefinition);
    const encoder = new FrameEncoder(table, { frameBytesMax: FRAME_BYTES_MAX });
    const storage = Ring.getStorageForCapacity(RING_BYTES, Uint8Array);
    const ring = new Ring(storage, Uint8Array);
    const control = new SharedArrayBuffer(4);
    const data: RingbufWorkerData = { storage, control, types: table.toRecords(), memory };
    const worker = await startThread(new URL('./_ringbuf-worker.ts', import.meta.url), data);
    const { bytes } = encoder.views;
    return {
      send: (events) => {
        for (let i = 0; i < events; i++) {
          const draft = drafts[i & mask]!;
          const length = encoder.encode(entry, draft, draft.payload.symbol);
          // The first word of a frame belongs to the ring: here it tells the reader the length.
          bytes.writeInt32LE(length, 0);
          while (ring.availableWrite() < length) Atomics.pause();
          ring.push(bytes, length);
        }
      },
      stop: async () => {
        Atomics.store(new Int32Array(control), 0, 1);
        await worker.terminate();
      },
    };
  },
};
