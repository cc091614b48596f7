import { describe, expect, it } from 'vitest';
import { defineEvent, EventDefinition, Type } from '../../src/event/index.ts';
import { FrameDecoder, type TypeRecord, TypeTable } from '../../src/codec/index.ts';
import { Book, Codec, codeOf, INDEX, Trade, trade } from './support.ts';

const asDefinition = (definition: unknown): EventDefinition => definition as EventDefinition;

function record(overrides: Partial<TypeRecord>): TypeRecord {
  return { id: 1, type: 'codec.one', version: 1, schemaHash: 1, fields: ['a'], schema: {}, lane: 2, ...overrides };
}

describe('TypeTable', () => {
  it('numbers definitions from 1 and finds them by name and number', () => {
    const table = new TypeTable();

    const first = table.addDefinition(asDefinition(Trade));
    const second = table.addDefinition(asDefinition(Book));

    expect([first.id, second.id]).toEqual([1, 2]);
    expect(table.byId(2)).toBe(second);
    expect(table.byType('codec.trade')).toBe(first);
    expect([table.byId(0), table.byId(3), table.byType('codec.none')]).toEqual([undefined, undefined, undefined]);
    expect(table.addDefinition(asDefinition(Trade))).toBe(first);
  });

  it('is the same table on the other side of a thread', () => {
    const { table } = new Codec();

    const other = TypeTable.fromRecords(structuredClone(table.toRecords()));

    expect(other.fingerprint).toBe(table.fingerprint);
    expect(other.toRecords()).toEqual(table.toRecords());
    expect(other.byType('codec.book')).toMatchObject({ id: 2, version: 3, fields: ['symbol', 'levels', 'extra'], lane: 2 });
  });

  it('takes later records, and only the new ones if asked', () => {
    const table = new TypeTable();
    table.addDefinition(asDefinition(Trade));
    const other = TypeTable.fromRecords(table.toRecords());
    table.addDefinition(asDefinition(Book));
    expect(other.fingerprint).not.toBe(table.fingerprint);

    other.addRecords(table.toRecords(2));
    other.addRecords(table.toRecords());

    expect(other.fingerprint).toBe(table.fingerprint);
  });

  it('refuses a definition whose schema or version differs', () => {
    const { table } = new Codec();
    const other = new EventDefinition('codec.trade', { payload: Type.Object({ order_id: Type.String() }) });
    const newer = new EventDefinition('codec.trade', { payload: Trade.schema, version: 2 });

    expect(codeOf(() => table.addDefinition(other))).toBe('QT_CODEC_SCHEMA_MISMATCH');
    expect(codeOf(() => table.checkDefinition(other))).toBe('QT_CODEC_SCHEMA_MISMATCH');
    expect(codeOf(() => table.checkDefinition(newer))).toBe('QT_CODEC_SCHEMA_MISMATCH');
    expect(table.checkDefinition(asDefinition(Trade)).id).toBe(1);
  });

  it('refuses a definition that it does not hold', () => {
    const table = new TypeTable();
    table.addDynamic('codec.trade');

    expect(codeOf(() => table.checkDefinition(asDefinition(Trade)))).toBe('QT_CODEC_TYPE_UNKNOWN');
  });

  it('refuses records that contradict it', () => {
    const table = TypeTable.fromRecords([record({})]);

    expect(codeOf(() => table.addRecords([record({ schemaHash: 2 })]))).toBe('QT_CODEC_SCHEMA_MISMATCH');
    expect(codeOf(() => table.addRecords([record({ id: 2 })]))).toBe('QT_CODEC_TYPE_INVALID');
    expect(codeOf(() => table.addRecords([record({ type: 'codec.two' })]))).toBe('QT_CODEC_TYPE_INVALID');
    expect(codeOf(() => table.addRecords([record({ id: 0, type: 'codec.two' })]))).toBe('QT_CODEC_TYPE_INVALID');
    expect(codeOf(() => table.addRecords([record({ id: 65_536, type: 'codec.two' })]))).toBe('QT_CODEC_TYPE_INVALID');
    expect(codeOf(() => table.addRecords([record({ id: 2, type: 'codec.two', fields: ['__proto__'] })]))).toBe('QT_CODEC_TYPE_INVALID');
  });

  it('numbers dynamic types apart and keeps them to itself', () => {
    const table = new TypeTable();
    const dynamic = table.addDynamic('custom.thing');
    const entry = table.addDefinition(asDefinition(Trade));

    expect([dynamic.id, dynamic.isDynamic, entry.id, entry.isDynamic]).toEqual([65_535, true, 1, false]);
    expect(table.addDynamic('custom.thing')).toBe(dynamic);
    expect(table.addDynamic('codec.trade')).toBe(entry);
    expect(table.toRecords().map(({ type }) => type)).toEqual(['codec.trade']);
  });

  it('lets a definition take over the name of a dynamic type', () => {
    const table = new TypeTable();
    const dynamic = table.addDynamic('codec.trade');

    const entry = table.addDefinition(asDefinition(Trade));

    expect(table.byType('codec.trade')).toBe(entry);
    expect(table.byId(dynamic.id)).toBe(dynamic);
  });

  it('says when all numbers are in use', () => {
    const table = TypeTable.fromRecords([record({ id: 65_534 })]);
    table.addDynamic('custom.last');

    expect(codeOf(() => table.addDynamic('custom.more'))).toBe('QT_CODEC_TABLE_FULL');
    expect(codeOf(() => table.addDefinition(asDefinition(Trade)))).toBe('QT_CODEC_TABLE_FULL');
  });

  it('carries field names that are no identifiers, or that objects inherit', () => {
    const names = ['constructor', 'toString', 'a b', 'quote"', '${x}', '\u2028', '0', 'class', 'v0', 'values', ''];
    const Odd = defineEvent('codec.odd', {
      payload: Type.Object(Object.fromEntries(names.map((name) => [name, Type.Optional(Type.Number())]))),
    });
    const codec = new Codec();
    const entry = codec.table.addDefinition(asDefinition(Odd));
    const decoder = new FrameDecoder(codec.table);
    const payload = Object.fromEntries(names.map((name, i) => [name, i]));

    codec.send(entry, payload);
    expect(decoder.payload(codec.views, INDEX)).toStrictEqual(payload);
    codec.send(entry, { 'a b': 1 });
    expect(decoder.payload(codec.views, INDEX)).toStrictEqual({ 'a b': 1 });
  });
});

describe('a frame from a side with another table', () => {
  it('is refused when the type has no number here', () => {
    const codec = new Codec();
    codec.send(codec.trade, trade);
    const decoder = new FrameDecoder(new TypeTable());

    expect(codeOf(() => decoder.payload(codec.views, INDEX))).toBe('QT_CODEC_TYPE_UNKNOWN');
    expect(codeOf(() => decoder.type(codec.views, INDEX))).toBe('QT_CODEC_TYPE_UNKNOWN');
  });

  it('is refused when the version differs', () => {
    const codec = new Codec();
    codec.send(codec.trade, trade);
    const newer = codec.table.toRecords().map((known) => ({ ...known, version: known.version + 1 }));

    expect(codeOf(() => new FrameDecoder(TypeTable.fromRecords(newer)).payload(codec.views, INDEX))).toBe('QT_CODEC_SCHEMA_MISMATCH');
  });
});
