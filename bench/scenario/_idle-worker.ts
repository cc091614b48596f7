import { parentPort, type MessagePort } from 'node:worker_threads';

// A type, so that the thread loads what any TypeScript thread does.
const port: MessagePort = parentPort!;
port.on('message', () => {});
port.postMessage('ready');
