/** A Redis to measure against: the one that `REDIS_URL` names, or a `redis-server` of this machine for as long as it is needed. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { MissingPeer } from '../harness/optional.ts';

export interface RedisAddress {
  readonly url: string;
  stop(): Promise<void>;
}

/** Looked for on the PATH; not a package of ours. */
const SERVER = 'redis-server';
const START_MS_MAX = 5000;

/** @throws MissingPeer when there is none */
export async function openRedis(): Promise<RedisAddress> {
  const { REDIS_URL } = process.env;
  if (REDIS_URL !== undefined && REDIS_URL !== '') {
    return { url: REDIS_URL, stop: async () => {} };
  }
  if (!isInstalled()) throw new MissingPeer('no Redis: set REDIS_URL, or install redis-server');
  const port = await freePort();
  // Nothing on disk: what is compared with holds its events in memory too.
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn(SERVER, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  // Also when a round fails half-way and the process ends without asking us to stop.
  process.once('exit', () => server.kill());
  await untilReady(server);
  const stop = async (): Promise<void> => {
    const exited = once(server, 'exit');
    server.kill();
    await exited;
  };
  return { url: `redis://127.0.0.1:${port}`, stop };
}

function isInstalled(): boolean {
  try {
    execFileSync(SERVER, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function untilReady(server: ChildProcess): Promise<void> {
  const signal = AbortSignal.timeout(START_MS_MAX);
  let said = '';
  for await (const [chunk] of on(server, signal)) {
    said += String(chunk);
    if (/ready to accept connections/i.test(said)) return;
  }
  throw new MissingPeer('redis-server did not start');
}

async function* on(server: ChildProcess, signal: AbortSignal): AsyncGenerator<[unknown]> {
  while (true) yield (await once(server.stdout!, 'data', { signal })) as [unknown];
}
