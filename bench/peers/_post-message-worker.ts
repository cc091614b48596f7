import { parentPort, workerData } from 'node:worker_threads';
import { LatencyLog } from '../harness/latency-log.ts';
import { Tally } from '../harness/tally.ts';
import type { Trade } from '../trade.ts';
import type { PeerRole } from './post-message.ts';

type Message = { readonly payload: Trade };

const port = parentPort!;

function handlerOf(role: PeerRole): (message: Message) => void {
  if (role.role === 'echo') return (message) => port.postMessage(message);
  const receiver = role.role === 'tally' ? new Tally(role.memory) : new LatencyLog(role.memory);
  return (message) => receiver.add(message.payload);
}

port.on('message', handlerOf(workerData as PeerRole));
port.postMessage('ready');
