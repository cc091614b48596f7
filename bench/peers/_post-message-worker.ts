import { parentPort, workerData } from 'node:worker_threads';
import { ArrivalLog } from '../harness/arrival-log.ts';
import { LatencyLog } from '../harness/latency-log.ts';
import { Tally } from '../harness/tally.ts';
import type { Trade } from '../trade.ts';
import type { PeerRole } from './post-message.ts';

type Message = { readonly payload: Trade };

const port = parentPort!;

function listen(role: PeerRole): void {
  if (role.role === 'echo') {
    port.on('message', (message) => port.postMessage(message));
  } else if (role.role === 'batches') {
    const tally = new Tally(role.memory);
    port.on('message', (messages: readonly Message[]) => {
      for (const { payload } of messages) tally.add(payload);
    });
  } else if (role.role === 'broadcast') {
    const tally = new Tally(role.memory);
    new BroadcastChannel(role.channel).addEventListener('message', (message) => {
      tally.add((message as unknown as { data: Message }).data.payload);
    });
  } else {
    const receiver = receiverOf(role.role, role.memory);
    port.on('message', (message: Message) => receiver.add(message.payload));
  }
}

function receiverOf(role: 'tally' | 'latency' | 'arrivals', memory: SharedArrayBuffer): { add(trade: Trade): void } {
  if (role === 'tally') return new Tally(memory);
  return role === 'latency' ? new LatencyLog(memory) : new ArrivalLog(memory);
}

listen(workerData as PeerRole);
port.postMessage('ready');
