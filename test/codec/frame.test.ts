import { unpack } from 'msgpackr/unpack';
import { beforeEach, describe, expect, it } from 'vitest';
import { hash32 } from '../../src/base/index.ts';
import {
  ATTEMPT,
  CAUSE_SEQ,
  FLAG_DYNAMIC,
  FLAG_MAP,
  FLAG_META,
  FLAG_NO_KEY,
  FLAGS,
  FrameEncoder,
  HEADER_BYTES,
  KEY_HASH,
  KEY_LENGTH,
  LANE,
  LENGTH,
  META_LENGTH,
  ROUTE,
  SEQ,
  TYPE_ID,
  TypeTable,
  VERSION,
} from '../../src/codec/index.ts';
import { Codec, codeOf, INDEX, trade } from './support.ts';

let codec: Codec;
beforeEach(() => {
  codec = new Codec();
});

describe('the header', () => {
  it('says length, type, lane, flags, key hash and version', () => {
    const length = codec.send(codec.book, { symbol: 'S', levels: [] }, 'BTCUSDT');

    const { views } = codec;
    expect(views.i32[(INDEX + LENGTH) >> 2]).toBe(length);
    expect(views.u16[(INDEX + TYPE_ID) >> 1]).toBe(codec.book.id);
    expect(views.u8[INDEX + LANE]).toBe(2);
    expect(views.u8[INDEX + FLAGS]).toBe(0);
    expect(views.u32[(INDEX + KEY_HASH) >> 2]).toBe(hash32('BTCUSDT'));
    expect(views.u16[(INDEX + KEY_LENGTH) >> 1]).toBe(7);
    expect(views.u16[(INDEX + META_LENGTH) >> 1]).toBe(0);
    expect(views.u16[(INDEX + VERSION) >> 1]).toBe(3);
  });

  it('leaves the words of the engine zero, also after a frame that used them', () => {
    codec.send(codec.trade, trade);
    codec.encoder.views.u8.fill(0xff, ROUTE, HEADER_BYTES);

    codec.send(codec.trade, trade);

    const { f64, u32, u16 } = codec.views;
    expect(Array.from(f64.subarray((INDEX + 8) >> 3, (INDEX + KEY_HASH) >> 3))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(u32[(INDEX + ATTEMPT) >> 2]).toBe(0);
    expect(u16[(INDEX + ATTEMPT) >> 1]).toBe(0);
    expect([f64[(INDEX + SEQ) >> 3], f64[(INDEX + CAUSE_SEQ) >> 3]]).toEqual([0, 0]);
  });

  it.each([
    ['CRITICAL', 0],
    ['LOW', 3],
    [undefined, 1],
  ] as const)('takes the lane from the event, else from the type: %s', (priority, lane) => {
    codec.send(codec.trade, trade, null, priority === undefined ? {} : { priority });

    expect(codec.views.u8[INDEX + LANE]).toBe(lane);
  });

  it('refuses a priority that does not exist', () => {
    const input = { type: codec.trade.type, payload: trade, priority: 'URGENT' as 'HIGH' };

    expect(codeOf(() => codec.encoder.encode(codec.trade, input, null))).toBe('QT_CODEC_UNSUPPORTED_VALUE');
  });
});

describe('the key', () => {
  it.each(['BTCUSDT', '', 'k', 'acct:main', 'ключ', '🔑🔑', 'x'.repeat(41), 'é'.repeat(300), 'x'.repeat(60_000)])(
    'comes back as it was: %.20s',
    (key) => {
      codec.send(codec.trade, trade, key);

      expect(codec.decoder.key(codec.views, INDEX)).toBe(key);
      expect(codec.receive()).toStrictEqual(trade);
    },
  );

  it('tells no key from the empty key', () => {
    codec.send(codec.trade, trade, null);

    expect(codec.views.u8[INDEX + FLAGS]! & FLAG_NO_KEY).toBe(FLAG_NO_KEY);
    expect(codec.decoder.key(codec.views, INDEX)).toBeNull();
    expect(codec.views.u32[(INDEX + KEY_HASH) >> 2]).toBe(hash32('codec.trade'));
  });

  it('is refused with a lone surrogate or above 65535 bytes', () => {
    const big = new Codec(200_000);

    expect(codeOf(() => codec.send(codec.trade, trade, 'a\ud800'))).toBe('QT_CODEC_UNSUPPORTED_VALUE');
    expect(codeOf(() => big.encoder.encode(big.trade, { type: 'codec.trade', payload: trade }, 'x'.repeat(65_536)))).toBe(
      'QT_CODEC_TOO_LARGE',
    );
    expect(codeOf(() => big.encoder.encode(big.trade, { type: 'codec.trade', payload: trade }, 'é'.repeat(33_000)))).toBe(
      'QT_CODEC_TOO_LARGE',
    );
  });
});

describe('the meta', () => {
  it('is absent unless something was set explicitly', () => {
    codec.send(codec.trade, trade);

    expect(codec.views.u8[INDEX + FLAGS]! & FLAG_META).toBe(0);
    expect(codec.decoder.meta(codec.views, INDEX)).toBeNull();
  });

  it('carries source, correlation and causation beside the payload', () => {
    codec.send(codec.trade, trade, 'k', { source: 'feed', correlationId: 'r-1', causationId: 'r-ü' });

    expect(codec.decoder.meta(codec.views, INDEX)).toStrictEqual({ s: 'feed', c: 'r-1', k: 'r-ü' });
    expect(codec.decoder.key(codec.views, INDEX)).toBe('k');
    expect(codec.receive()).toStrictEqual(trade);
  });

  it('names the type of an event without a definition', () => {
    codec.send(codec.table.addDynamic('custom.thing'), { a: 1 }, null, { source: 'x' });

    expect(codec.views.u8[INDEX + FLAGS]! & (FLAG_DYNAMIC | FLAG_MAP)).toBe(FLAG_DYNAMIC | FLAG_MAP);
    expect(codec.decoder.type(codec.views, INDEX)).toBe('custom.thing');
    expect(codec.receive()).toStrictEqual({ a: 1 });
  });

  it('is refused with a lone surrogate', () => {
    expect(codeOf(() => codec.send(codec.trade, trade, null, { source: '\udfff' }))).toBe('QT_CODEC_UNSUPPORTED_VALUE');
  });
});

describe('the payload', () => {
  it('is plain msgpack: an array in schema field order', () => {
    const length = codec.send(codec.trade, trade);

    expect(unpack(codec.encoder.views.bytes.subarray(HEADER_BYTES, length))).toEqual(Object.values(trade));
  });

  it('has its fields in schema order, whatever order they were given in', () => {
    const reversed = Object.fromEntries(Object.entries(trade).toReversed());

    expect(Object.keys(codec.roundTrip(codec.trade, reversed))).toEqual(Object.keys(trade));
  });

  it('tells absent from null, and treats undefined as absent', () => {
    const { is_maker: _, ...without } = trade;

    expect(codec.roundTrip(codec.trade, without)).toStrictEqual(without);
    expect(codec.roundTrip(codec.trade, { ...without, is_maker: undefined })).toStrictEqual(without);
    expect(codec.roundTrip(codec.trade, { ...trade, is_maker: null })).toStrictEqual({ ...trade, is_maker: null });
  });

  it('keeps fields that the schema does not know', () => {
    const payload = { ...trade, note: 'later version', tags: ['a', -0], nothing: null };

    expect(codec.roundTrip(codec.trade, payload)).toStrictEqual(payload);
    expect(codec.roundTrip(codec.trade, { ...trade, gone: undefined })).toStrictEqual(trade);
  });

  it.each([0, 1, 14, 15, 16, 17, 200])('works with %i fields, known and unknown', (count) => {
    const table = new TypeTable();
    const fields = Array.from({ length: count }, (_, i) => `field_${i}`);
    table.addRecords([{ id: 7, type: 'codec.wide', version: 1, schemaHash: 1, fields, schema: {}, lane: 2 }]);
    const wide = table.byId(7)!;
    const own = new Codec();
    own.table.addRecords([wide.toRecord()]);
    const entry = own.table.byId(7)!;
    const receiver = new Codec();
    receiver.table.addRecords([wide.toRecord()]);
    const payload = Object.fromEntries(fields.map((field, i) => [field, i % 3 === 0 ? `text ${i}` : i * 1.5]));

    own.send(entry, payload);
    expect(unpack(own.encoder.views.bytes.subarray(HEADER_BYTES, own.views.i32[INDEX >> 2]))).toEqual(Object.values(payload));
    own.send(entry, { ...payload, more: 1 });
    expect(unpack(own.encoder.views.bytes.subarray(HEADER_BYTES, own.views.i32[INDEX >> 2]))).toEqual([
      ...Object.values(payload),
      { more: 1 },
    ]);
  });

  it('is frozen all the way down', () => {
    const decoded = codec.roundTrip(codec.book, { symbol: 'S', levels: [[1, { price: 2 }]] }) as { levels: [[number, object]] };

    expect([decoded, decoded.levels, decoded.levels[0], decoded.levels[0][1]].every(Object.isFrozen)).toBe(true);
    expect(Object.isFrozen(codec.roundTrip(codec.trade, trade))).toBe(true);
  });

  it.each([null, 1, 'x', [1], new Map(), new URL('http://localhost')])('is refused unless it is a plain object: %s', (payload) => {
    expect(codeOf(() => codec.send(codec.trade, payload))).toBe('QT_CODEC_UNSUPPORTED_VALUE');
    expect(codeOf(() => codec.send(codec.table.addDynamic('codec.any'), payload))).toBe('QT_CODEC_UNSUPPORTED_VALUE');
  });
});

describe('the largest frame', () => {
  const lasts = [1, 1.5, -0, -70_000, null, true, undefined, 'é', [1, 2], 'some text of forty-three bytes, more or less'];

  it.each(lasts)('is taken at its limit and refused one byte above, when it ends in %j', (last) => {
    const payload = { symbol: 'S'.repeat(500), levels: [1.5], extra: last };
    const length = codec.send(codec.book, payload);
    const atLimit = new Codec(length);
    const below = new Codec(length - 1);

    expect(atLimit.send(atLimit.book, payload)).toBe(length);
    expect(atLimit.receive()).toStrictEqual(codec.roundTrip(codec.book, payload));
    expect(codeOf(() => below.send(below.book, payload))).toBe('QT_CODEC_TOO_LARGE');
  });

  it('refuses a 10 MB string, a 10 MB array and a payload that unfolds without end, and goes on', () => {
    let folded: unknown = ['x'];
    for (let level = 0; level < 40; level++) folded = [folded, folded];

    for (const huge of [
      'x'.repeat(10_000_000),
      'é'.repeat(5_000_000),
      new Float64Array(1_250_000),
      folded,
      Array.from({ length: 100_000 }).fill(1),
    ]) {
      expect(codeOf(() => codec.send(codec.book, { symbol: 'S', levels: [huge] }))).toBe('QT_CODEC_TOO_LARGE');
      expect(codeOf(() => codec.send(codec.trade, { ...trade, symbol: huge }))).toBe('QT_CODEC_TOO_LARGE');
      expect(codeOf(() => codec.send(codec.table.addDynamic('codec.any'), { huge }))).toBe('QT_CODEC_TOO_LARGE');
    }
    expect(codec.roundTrip(codec.trade, trade)).toStrictEqual(trade);
  });

  it('takes a string that needs half of it, at three bytes a character and at one', () => {
    for (const text of ['x'.repeat(60_000), '€'.repeat(20_000), '🙂'.repeat(15_000)]) {
      expect(codec.roundTrip(codec.trade, { ...trade, symbol: text })).toStrictEqual({ ...trade, symbol: text });
      expect(codec.roundTrip(codec.table.addDynamic('codec.any'), { text })).toStrictEqual({ text });
    }
  });

  it('refuses an entry of another table', () => {
    const other = new Codec();

    expect(
      codeOf(() =>
        new FrameEncoder(codec.table, { frameBytesMax: 1024 }).encode(other.trade, { type: 'codec.trade', payload: trade }, null),
      ),
    ).toBe('QT_CODEC_TYPE_UNKNOWN');
  });
});
