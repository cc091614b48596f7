import type { BenchConfig } from './bench/config.ts';

/** What `npm run bench` measures and what it promises. Rounds are odd, so that a median is a round that happened. */
const config: BenchConfig = {
  settings: {
    full: {
      ring: { rounds: 7, roundMs: 250 },
      codec: { rounds: 7, roundMs: 150 },
      'one-to-one-throughput': { warmUps: 2, rounds: 9, events: 200_000, window: 64 },
      'one-thread': { warmUps: 2, rounds: 9, events: 100_000 },
      'paced-latency': { rounds: 3, rates: [1000, 5000, 50_000], roundMs: 3000 },
      'ping-pong': { rounds: 7, trips: 5000 },
      'retry-timing': { rounds: 3, events: 100 },
      overtaking: { rounds: 3, trips: 15, backlog: 100_000 },
      'fan-out-4': { warmUps: 2, rounds: 9, events: 200_000 },
      'types-10000': { warmUps: 2, rounds: 9, events: 100_000 },
    },
    quick: {
      ring: { rounds: 3, roundMs: 100 },
      codec: { rounds: 3, roundMs: 60 },
      'one-to-one-throughput': { warmUps: 3, rounds: 5, events: 50_000, window: 64 },
      'one-thread': { warmUps: 2, rounds: 5, events: 30_000 },
      'paced-latency': { rounds: 3, rates: [1000, 5000], roundMs: 800 },
      'ping-pong': { rounds: 3, trips: 2000 },
      'retry-timing': { rounds: 3, events: 50 },
      overtaking: { rounds: 3, trips: 3, backlog: 100_000 },
      'fan-out-4': { warmUps: 3, rounds: 5, events: 80_000 },
      'types-10000': { warmUps: 2, rounds: 5, events: 30_000 },
    },
    long: {},
  },
  caseMsMax: { quick: 180_000, full: 600_000, long: 4 * 3_600_000 },
  comparePairs: { quick: 7, full: 11, long: 3 },
  gates: [
    {
      case: 'one-to-one-throughput',
      subject: 'bus.tryPublish',
      reference: 'worker.postMessage',
      figure: 'events/s',
      atLeast: 4,
      because: 'below that, a plain message to a worker would do',
    },
  ],
};

export default config;
