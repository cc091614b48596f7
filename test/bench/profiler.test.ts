import { describe, expect, test } from 'vitest';
import { PROFILE_PARTS, Profiler, timeByPart } from '../../bench/harness/profiler.ts';

const frame = (id: number, functionName: string, url: string) => ({ id, callFrame: { functionName, url } });

describe('a profile', () => {
  test('gives each sample the time until the next one, by the part of the engine, and leaves idling out', () => {
    const nodes = [
      frame(1, '(idle)', ''),
      frame(2, '', 'codec/write'),
      frame(3, '#encode', 'file:///a/src/codec/encoder.ts'),
      frame(4, 'textAt', 'file:///a/src/codec/_text-cache.ts'),
      frame(5, '#stamp', 'file:///a/src/engine/dispatcher.ts'),
      frame(6, '#deliver', 'file:///a/src/engine/drain.ts'),
      frame(7, 'wake', 'file:///a/src/engine/control.ts'),
      frame(8, '(garbage collector)', ''),
      frame(9, 'emit', 'node:events'),
      frame(10, 'add', 'file:///a/bench/harness/tally.ts'),
    ];

    const found = timeByPart({ nodes, samples: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1], timeDeltas: [0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 10] });

    expect(found).toEqual({
      ...Object.fromEntries(PROFILE_PARTS.map((part) => [part, 0])),
      encode: 3,
      decode: 3,
      'publish: route, books': 4,
      'deliver: lanes, order, books': 5,
      'wait and wake': 6,
      'collecting garbage': 7,
      'V8 and Node': 8,
      'publisher and handler of the case': 10,
    });
  });

  test('of this thread sums up to its processor time', () => {
    const profiler = new Profiler();
    const cpu = process.threadCpuUsage();
    profiler.start();
    let sum = 0;
    for (let i = 0; i < 3_000_000; i++) sum += Math.sqrt(i);
    const parts = profiler.stop();
    const { system, user } = process.threadCpuUsage(cpu);
    profiler.close();

    expect(sum).toBeGreaterThan(0);
    const totalNs = Object.values(parts).reduce((total, ns) => total + ns, 0);
    expect(totalNs).toBeGreaterThan(0);
    expect(totalNs).toBeLessThanOrEqual((system + user) * 1000);
  });
});
