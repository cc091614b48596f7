/**
 * What does an event cost as bytes, and back as an object, against what else one would use?
 *
 *   { type, payload of ten fields } == encode ==> bytes == decode ==> object
 *
 *     frame      our codec: binary header, key, payload as an array in schema order; decoded payloads are frozen
 *     JSON       JSON.stringify to a string and JSON.parse from it; the way of that string into a buffer is not counted
 *     msgpackr   plain maps, the form that needs no agreement between two sides
 */
import { Packr } from 'msgpackr/pack';
import { FrameDecoder, FrameEncoder, FrameViews, TypeTable } from '../../src/codec/index.ts';
import type { EventDefinition } from '../../src/index.ts';
import type { BenchCase, RatioReport } from '../case.ts';
import { CheckError } from '../harness/check.ts';
import { throughputOf, throughputRatios } from '../harness/figures.ts';
import { frameBytesOf } from '../harness/frame-bytes.ts';
import { timeInTurns } from '../harness/micro.ts';
import { BenchTrade, createInputs } from '../trade.ts';

const EVENTS = 256;
const FRAME_BYTES_MAX = 4096;
const inputs = createInputs();
const drafts = inputs.drafts.slice(0, EVENTS);
const plain = inputs.plain.slice(0, EVENTS);

export const bench: BenchCase<'codec'> = {
  name: 'codec',
  question: 'What does an event cost as bytes, and back as an object, against JSON and msgpackr maps?',
  async run(settings) {
    const options = { ...settings, operations: EVENTS };
    const table = new TypeTable();
    const entry = table.addDefinition(BenchTrade as unknown as EventDefinition);
    const encoder = new FrameEncoder(table, { frameBytesMax: FRAME_BYTES_MAX });
    const decoder = new FrameDecoder(table);
    const packr = new Packr({ useRecords: false });
    const frames = drafts.map((draft) => {
      const length = encoder.encode(entry, draft, draft.payload.symbol);
      return new FrameViews(encoder.views.bytes.buffer.slice(0, (length + 7) & -8) as ArrayBuffer);
    });
    const texts = plain.map((event) => JSON.stringify(event));
    const packed = plain.map((event) => Buffer.from(packr.pack(event)));
    frames.forEach((views, i) => same('frame', { type: decoder.type(views, 0), payload: decoder.payload(views, 0) }, i));
    packed.forEach((bytes, i) => same('msgpackr', packr.unpack(bytes), i));

    // What the functions made: a result nobody looks at may be left out by the compiler.
    let sum = 0;
    const encode = await timeInTurns(
      {
        'encode frame': () => {
          for (const draft of drafts) sum += encoder.encode(entry, draft, draft.payload.symbol);
        },
        'encode JSON': () => {
          for (const event of plain) sum += JSON.stringify(event).length;
        },
        'encode msgpackr': () => {
          for (const event of plain) sum += packr.pack(event).length;
        },
      },
      options,
    );
    const decode = await timeInTurns(
      {
        'decode frame': () => {
          for (const views of frames) sum += (decoder.payload(views, 0) as { size: number }).size;
        },
        'decode JSON': () => {
          for (const text of texts) sum += (JSON.parse(text) as (typeof plain)[0]).payload.size;
        },
        'decode msgpackr': () => {
          for (const bytes of packed) sum += (packr.unpack(bytes) as (typeof plain)[0]).payload.size;
        },
      },
      options,
    );
    if (!(sum > 0)) throw new CheckError('nothing was encoded or decoded');

    const bytes = frameBytesOf(drafts);
    return {
      subjects: [...throughputOf(encode, bytes), ...throughputOf(decode, bytes)],
      ratios: [
        ...ofFrame('encode frame', throughputRatios(encode, PEERS_ENCODE)),
        ...ofFrame('decode frame', throughputRatios(decode, PEERS_DECODE)),
      ],
    };
  },
};

const PEERS_ENCODE = ['encode JSON', 'encode msgpackr'];
const PEERS_DECODE = ['decode JSON', 'decode msgpackr'];

function ofFrame(subject: string, ratios: readonly RatioReport[]): RatioReport[] {
  return ratios.filter((ratio) => ratio.subject === subject);
}

function same(what: string, found: unknown, number: number): void {
  const expected = JSON.stringify(plain[number]);
  if (JSON.stringify(found) !== expected) throw new CheckError(`${what} gave ${JSON.stringify(found)} instead of ${expected}`);
}
