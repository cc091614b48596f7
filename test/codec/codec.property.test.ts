import { deepStrictEqual } from 'node:assert/strict';
import * as fc from 'fast-check';
import { unpack } from 'msgpackr/unpack';
import { describe, expect, it } from 'vitest';
import { FLAG_MAP, FLAG_META, FLAGS, HEADER_BYTES, KEY_LENGTH, LENGTH, META_LENGTH } from '../../src/codec/index.ts';
import { Codec, codeOf, INDEX, trade } from './support.ts';

const codec = new Codec();
const any = codec.table.addDynamic('codec.any');
/** What decoding may say about bytes that are no frame. */
const CODES = [undefined, 'QT_CODEC_DAMAGED', 'QT_CODEC_TYPE_UNKNOWN', 'QT_CODEC_SCHEMA_MISMATCH'];

const text = fc.string({ unit: 'binary', maxLength: 60 });
const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32),
);
const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null));
const value = fc.anything({
  key: fc.string({ unit: 'binary', maxLength: 40 }).filter((key) => key !== '__proto__'),
  values: [
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.date(),
    fc.float64Array({ maxLength: 5 }),
    fc.uint8Array({ maxLength: 40 }),
    fc.int16Array({ maxLength: 5 }),
  ],
  maxDepth: 4,
});
const anyTrade = fc.record(
  {
    order_id: scalar,
    symbol: scalar,
    side: scalar,
    size: scalar,
    price: scalar,
    strategy_id: scalar,
    model: scalar,
    pnl: scalar,
    is_maker: scalar,
    ts: scalar,
  },
  { requiredKeys: [] },
);

describe('decode(encode(x)) = x', () => {
  it('for flat payloads with any scalar in any field, some absent', () => {
    fc.assert(
      fc.property(anyTrade, (payload) => {
        deepStrictEqual(codec.roundTrip(codec.trade, payload), { ...payload });
      }),
      { numRuns: 500 },
    );
  });

  it('for payloads with composite fields and fields that the schema does not know', () => {
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 5 }),
        value,
        fc.dictionary(
          fc.string({ minLength: 8, maxLength: 12 }).filter((name) => name !== '__proto__'),
          value,
          { noNullPrototype: true },
        ),
        (levels, extra, unknown) => {
          const known = extra === undefined ? { symbol: 'S', levels } : { symbol: 'S', levels, extra };
          const given = { ...known, ...unknown };
          const expected = { ...known, ...Object.fromEntries(Object.entries(unknown).filter(([, field]) => field !== undefined)) };
          // Not the matcher: it takes a field called `constructor` for the class.
          deepStrictEqual(codec.roundTrip(codec.book, given), expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('for payloads without a definition', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          text.filter((key) => key !== '__proto__'),
          value,
          { noNullPrototype: true },
        ),
        (payload) => {
          const back = codec.roundTrip(any, payload);
          expect(back).toStrictEqual(payload);
          expect(Object.keys(back)).toEqual(Object.keys(payload));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('for keys and meta of any text', () => {
    fc.assert(
      fc.property(
        fc.option(text),
        fc.option(text, { nil: undefined }),
        fc.option(text, { nil: undefined }),
        (key, source, correlationId) => {
          const options = { ...(source !== undefined && { source }), ...(correlationId !== undefined && { correlationId }) };
          codec.send(codec.trade, trade, key, options);
          expect(codec.decoder.key(codec.views, INDEX)).toBe(key);
          const meta = { ...(source !== undefined && { s: source }), ...(correlationId !== undefined && { c: correlationId }) };
          expect(codec.decoder.meta(codec.views, INDEX)).toEqual(Object.keys(meta).length === 0 ? null : meta);
          expect(codec.receive()).toStrictEqual(trade);
        },
      ),
    );
  });

  it('in bytes that any msgpack reader understands', () => {
    fc.assert(
      fc.property(anyTrade, (payload) => {
        const length = codec.send(codec.trade, payload);
        const fields = codec.trade.fields.map((field) => (payload as Record<string, unknown>)[field]);
        expect(unpack(codec.encoder.views.bytes.subarray(HEADER_BYTES, length))).toStrictEqual(fields);
      }),
      { numRuns: 300 },
    );
  });
});

describe('bytes that are no frame give a coded error, in bounded time and memory', () => {
  const decodeAll = (): (string | undefined)[] => [
    codeOf(() => codec.decoder.payload(codec.views, INDEX)),
    codeOf(() => codec.decoder.key(codec.views, INDEX)),
    codeOf(() => codec.decoder.meta(codec.views, INDEX)),
    codeOf(() => codec.decoder.type(codec.views, INDEX)),
  ];

  it('when the frame is cut at any byte', () => {
    for (const [entry, payload] of [
      [codec.trade, trade],
      [codec.book, { symbol: 'S', levels: [[1, 2.5, 'x'], { a: new Float64Array(2), b: -0 }], more: 1n }],
      [any, { a: [1, { b: 'text' }], c: new Date(5) }],
    ] as const) {
      const length = codec.send(entry, payload, 'key', { source: 'cut' });
      for (let cut = 0; cut < length; cut++) {
        codec.views.i32[(INDEX + LENGTH) >> 2] = cut;
        expect(
          codeOf(() => codec.decoder.payload(codec.views, INDEX)),
          `cut at ${cut}`,
        ).toBe('QT_CODEC_DAMAGED');
      }
    }
  });

  it('when the length is negative, zero or beyond the buffer', () => {
    codec.send(codec.trade, trade);
    for (const length of [-1, 0, 71, -0x8000_0000, 0x7fff_ffff, codec.views.u8.length]) {
      codec.views.i32[(INDEX + LENGTH) >> 2] = length;
      expect(
        codeOf(() => codec.receive()),
        `length ${length}`,
      ).toBe('QT_CODEC_DAMAGED');
    }
  });

  it('when bytes follow the payload', () => {
    for (const entry of [codec.trade, codec.book, any]) {
      const length = codec.send(entry, entry === codec.trade ? trade : { symbol: 'S', levels: [] });
      codec.views.i32[(INDEX + LENGTH) >> 2] = length + 1;
      expect(codeOf(() => codec.receive())).toBe('QT_CODEC_DAMAGED');
    }
  });

  // Both are whole and right for other users of msgpackr; frames never hold them, so whoever wrote them was not us.
  it.each([
    ['bundled strings', [0xd6, 0x62, 0, 0, 0, 8, 0xc1, 5, 0xc1, 5, 0xa0, 0xaa, ...Buffer.from('helloworld')]],
    ['a value and a reference to it', [0xd6, 0x69, 0, 0, 0, 1, 0xde, 0, 1, 0xa1, 0x61, 1, 0xd6, 0x70, 0, 0, 0, 1]],
  ])('when a list holds %s', (_what, items) => {
    const { views } = codec;
    codec.send(any, { a: 1 });
    const start = INDEX + HEADER_BYTES + views.u16[(INDEX + META_LENGTH) >> 1]!;
    const bytes = [0x81, 0xa1, 0x61, 0x92, ...items];
    views.u8.set(bytes, start);
    views.i32[(INDEX + LENGTH) >> 2] = start - INDEX + bytes.length;

    expect(codeOf(() => codec.receive())).toBe('QT_CODEC_DAMAGED');
  });

  it('when any single byte is changed', () => {
    const payload = { symbol: 'S', levels: [[1, 2.5, 'x'], { a: new Float64Array(2), b: -0 }], more: 1n };
    fc.assert(
      fc.property(fc.constantFrom(codec.trade, codec.book, any), fc.nat(400), fc.integer({ min: 1, max: 255 }), (entry, at, flip) => {
        const length = codec.send(entry, entry === codec.trade ? trade : payload, 'key', { source: 'flip' });
        codec.views.u8[INDEX + (at % length)]! ^= flip;
        for (const code of decodeAll()) expect(CODES).toContain(code);
      }),
      { numRuns: 3000 },
    );
  });

  it('when the body is random', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(codec.trade, codec.book, any),
        fc.uint8Array({ maxLength: 300, size: 'max' }),
        fc.nat(255),
        (entry, body, flags) => {
          codec.send(entry, entry === codec.trade ? trade : { symbol: 'S', levels: [] });
          const { views } = codec;
          views.u8[INDEX + FLAGS] = flags;
          views.u16[(INDEX + KEY_LENGTH) >> 1] = flags % 5;
          views.u16[(INDEX + META_LENGTH) >> 1] = (flags & FLAG_META) === 0 ? 0 : flags % 50;
          views.u8.set(body, INDEX + HEADER_BYTES);
          views.i32[(INDEX + LENGTH) >> 2] = HEADER_BYTES + body.length;
          for (const code of decodeAll()) expect(CODES).toContain(code);
        },
      ),
      { numRuns: 5000 },
    );
  });

  const bombs: [string, number[]][] = [
    ['an array of 2^32 - 1', [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['an array of 65535', [0xdc, 0xff, 0xff]],
    ['a map of 2^32 - 1', [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ['a string of 4 GB', [0xdb, 0xff, 0xff, 0xff, 0xff]],
    ['bytes of 4 GB', [0xc6, 0xff, 0xff, 0xff, 0xff]],
    ['an extension of 4 GB', [0xc9, 0xff, 0xff, 0xff, 0xff, 0x74]],
    ['65 levels', [...Array.from({ length: 65 }, () => 0x91), 0x01]],
    ['3000 levels, whole', [...Array.from({ length: 3000 }, () => 0x91), 0x01]],
    ['arrays in arrays', Array.from({ length: 40_000 }, () => 0x91)],
    ['wide arrays in arrays', Array.from({ length: 40_000 }, () => 0x9f)],
    ['maps in maps', Array.from({ length: 40_000 }, (_, i) => (i % 2 === 0 ? 0x81 : 0xa0))],
    ['the byte that means nothing', [0x91, 0xc1]],
    ['an unknown extension', [0xd4, 0x33, 0x00]],
    ['a record definition', [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61]],
    ['a pointer to an outer value', [0xd6, 0x69, 0, 0, 0, 1, 0x91, 0xd6, 0x70, 0, 0, 0, 1]],
    ['bundled strings that jump backwards', [0xd6, 0x62, 0x80, 0, 0, 0, 0xc1, 0x01]],
    ['a set', [0xd4, 0x73, 0x00, 0x91, 0x01]],
    ['a regular expression', [0xd4, 0x78, 0x00, 0x92, 0xa1, 0x28, 0xa0]],
    ['a typed array of half an item', [0xc7, 0x05, 0x74, 0x08, 1, 2, 3, 4]],
    ['two values', [0x80, 0x80]],
    ['nothing', []],
  ];

  it.each(bombs)('when the payload is %s', (_what, body) => {
    for (const entry of [codec.trade, codec.book, any]) {
      // Once as the payload, once as the value of a field in an otherwise right payload.
      const fields = entry.fields.length;
      const inside =
        entry === any ? [0x81, 0xa1, 0x61, ...body] : [0x90 | fields, ...Array.from({ length: fields - 1 }, () => 0xc0), ...body];
      for (const bytes of [body, inside]) {
        codec.send(entry, entry === codec.trade ? trade : { symbol: 'S', levels: [] }, null);
        const { views } = codec;
        views.u8[INDEX + FLAGS] = entry === any ? FLAG_MAP : 0;
        views.u16[(INDEX + META_LENGTH) >> 1] = 0;
        views.u8.set(bytes, INDEX + HEADER_BYTES);
        views.i32[(INDEX + LENGTH) >> 2] = HEADER_BYTES + bytes.length;
        expect(codeOf(() => codec.receive())).toBe('QT_CODEC_DAMAGED');
      }
    }
    expect(codec.roundTrip(codec.trade, trade)).toStrictEqual(trade);
  });
});
