import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textAt } from '../../src/codec/_text-cache.ts';
import { copyFrameBody, FrameViews } from '../../src/codec/index.ts';

test('a text comes out as it went in, whichever texts were read before', () => {
  // Few letters and the lengths around its borders, so that texts share words and places in the table.
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 0, maxLength: 18 }),
    fc.string({ unit: 'grapheme', maxLength: 45 }),
    fc.integer({ min: 0, max: 5000 }).map((n) => `ord_${n}`),
  );
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 200 }), (texts) => {
      const views = new FrameViews(new ArrayBuffer(512));
      const read = texts.map((each, i) => {
        const from = i % 9;
        return textAt(views, from, views.bytes.write(each, from, 'utf8'));
      });
      expect(read).toEqual(texts);
    }),
    { numRuns: 100 },
  );
});

test('copies every bit of a frame but its length word, short or long', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 72, maxLength: 1500 }), fc.nat(5), fc.nat(5), (bytes, from, to) => {
      // Bit patterns of signalling NaNs, which a copy through floating point would change.
      if (bytes.length > 40) bytes.set([1, 0, 0, 0, 0, 0, 0xf0, 0x7f, 1, 0, 0, 0, 0, 0, 0xf4, 0xff], 24);
      // No longer than it has to be: a frame may lie in a buffer of its own.
      const source = new FrameViews(new ArrayBuffer(from * 8 + bytes.length));
      const target = new FrameViews(new ArrayBuffer(2048));
      source.u8.set(bytes, from * 8);
      copyFrameBody(source, from * 8, target, to * 8, bytes.length);
      expect(target.u32[(to * 8) >> 2]).toBe(0);
      expect(Buffer.compare(target.bytes.subarray(to * 8 + 4, to * 8 + bytes.length), Buffer.from(bytes).subarray(4))).toBe(0);
      expect(target.u8.subarray(to * 8 + bytes.length).every((byte) => byte === 0)).toBe(true);
    }),
    { numRuns: 200 },
  );
});
