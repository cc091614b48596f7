import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameViews } from '../../src/codec/index.ts';
import { History } from '../../src/engine/history.ts';

/** A frame of so many bytes, each of which is its number; the first word is its length. */
function frameOf(size: number, number: number): Buffer {
  const frame = Buffer.alloc(size, number & 0xff);
  frame.writeInt32LE(size, 0);
  return frame;
}

function contents(history: History): [number, number][] {
  const found: [number, number][] = [];
  history.visit((frame) => {
    expect(
      frame.subarray(4).every((byte) => byte === frame[4]),
      'a torn frame',
    ).toBe(true);
    found.push([frame.length, frame[4]!]);
    return true;
  });
  return found;
}

/** The same bytes where a frame can be read word by word. */
function viewsOf(bytes: Buffer): FrameViews {
  const views = new FrameViews(new ArrayBuffer((bytes.length + 7) & ~7));
  bytes.copy(views.bytes);
  return views;
}

describe('History', () => {
  it('holds the latest frames whole, newest first, as a plain list would', () => {
    const size = fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 8, max: 400 }) },
      { weight: 1, arbitrary: fc.integer({ min: 20_000, max: 90_000 }) },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(size, { maxLength: 60 }), (length, sizes) => {
        const history = new History(length);
        const model: [number, number][] = [];
        for (const [i, bytes] of sizes.entries()) {
          const frame = frameOf(bytes, i);
          history.add(viewsOf(Buffer.concat([Buffer.alloc(16, 0xee), frame])), 16, bytes);
          model.unshift([bytes, i & 0xff]);
        }
        expect(contents(history)).toEqual(model.slice(0, length));
      }),
      { numRuns: 60 },
    );
  });

  it('drops the oldest rather than grow beyond its bound', () => {
    const history = new History(1000);

    for (let i = 0; i < 300; i++) history.add(viewsOf(frameOf(128 * 1024, i)), 0, 128 * 1024);

    const kept = contents(history);
    expect(kept.length).toBeGreaterThan(100);
    expect(kept.length).toBeLessThanOrEqual(128);
    expect(kept.map(([, number]) => number)).toEqual(Array.from(kept, (_, i) => (299 - i) & 0xff));
  });
});
