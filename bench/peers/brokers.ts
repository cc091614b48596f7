/** The same events through Redis: streams with a consumer group, and BullMQ. */
import type { RedisClientType, createClient } from '@redis/client';
import type * as Bullmq from 'bullmq';
import { importOptional } from '../harness/optional.ts';
import type { Tally } from '../harness/tally.ts';
import type { Inputs, Trade } from '../trade.ts';
import { sendWindows, type PeerKind } from './peer.ts';
import type { RedisAddress } from './redis.ts';

const WINDOW = 64;
const STREAM = 'qt:bench:trades';
const GROUP = 'bench';
const QUEUE = 'qt-bench';
const BLOCK_MS = 500;

/** Kinds for that Redis. */
export function brokerKinds(redis: RedisAddress): readonly PeerKind[] {
  return [
    {
      name: 'XADD and XREADGROUP',
      note: 'another process in between; at least once, a reader on the same thread acknowledges 64 at a time',
      share: 1,
      open: (tally, inputs) => openStream(redis, tally, inputs),
    },
    {
      name: 'BullMQ',
      note: 'another process in between; jobs with a state each, on the same thread',
      share: 0.2,
      open: (tally, inputs) => openBullmq(redis, tally, inputs),
    },
  ];
}

async function openStream({ url }: RedisAddress, tally: Tally, { mask, plain }: Inputs): ReturnType<PeerKind['open']> {
  const [writer, reader] = [await connect(url), await connect(url)];
  await writer.del(STREAM);
  await writer.xGroupCreate(STREAM, GROUP, '$', { MKSTREAM: true });
  const end = new AbortController();
  const reading = read();
  return {
    send: (events) =>
      sendWindows(events, WINDOW, (i) =>
        writer.xAdd(
          STREAM,
          '*',
          { event: JSON.stringify(plain[i & mask]) },
          { TRIM: { strategy: 'MAXLEN', strategyModifier: '~', threshold: 100_000 } },
        ),
      ),
    stop: async () => {
      end.abort();
      await reading;
      await writer.del(STREAM);
      await Promise.all([writer.close(), reader.close()]);
    },
  };

  async function read(): Promise<void> {
    while (!end.signal.aborted) {
      const found = (await reader.xReadGroup(GROUP, 'one', { key: STREAM, id: '>' }, { COUNT: WINDOW, BLOCK: BLOCK_MS })) as
        | { messages: { id: string; message: { event: string } }[] }[]
        | null;
      const messages = found?.[0]?.messages ?? [];
      if (messages.length === 0) continue;
      for (const { message } of messages) tally.add((JSON.parse(message.event) as { payload: Trade }).payload);
      const ids = messages.map(({ id }) => id);
      await writer.xAck(STREAM, GROUP, ids);
    }
  }
}

async function openBullmq({ url }: RedisAddress, tally: Tally, { mask, plain }: Inputs): ReturnType<PeerKind['open']> {
  const { Queue, Worker } = await importOptional<typeof Bullmq>('bullmq');
  // Its own client is another optional package; given one of ours it makes the further connections that it needs from it.
  const [writer, reader] = [await connect(url), await connect(url)];
  const queue = new Queue(QUEUE, { connection: writer as never });
  await queue.obliterate({ force: true });
  const worker = new Worker(QUEUE, async ({ data }) => tally.add((data as { payload: Trade }).payload), {
    connection: reader as never,
    concurrency: WINDOW,
    removeOnComplete: { count: 0 },
  });
  await worker.waitUntilReady();
  return {
    send: (events) => sendWindows(events, WINDOW, (i) => queue.add('trade', plain[i & mask])),
    stop: async () => {
      await worker.close();
      await queue.obliterate({ force: true });
      await queue.close();
      for (const client of [writer, reader]) if (client.isOpen) client.destroy();
    },
  };
}

async function connect(url: string): Promise<RedisClientType> {
  const module = await importOptional<{ createClient: typeof createClient }>('@redis/client');
  const client = module.createClient({ url }) as RedisClientType;
  // Without a listener a lost connection would end the process; the round fails by its check.
  client.on('error', () => {});
  await client.connect();
  return client;
}
