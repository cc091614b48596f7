import { expect, test } from 'vitest';
import { readRecords, textInput, type CsvInput } from '../../src/feed/csv-reader.ts';

const ROWS = 50_000;
const TEXT = `time,close\n${Array.from({ length: ROWS }, (_, row) => `${row},${row / 8}`).join('\n')}\n`;

test('text in memory is parsed a little at a time, so the first record does not wait for the last', async () => {
  let taken = 0;
  const whole = textInput('rows.csv', TEXT);
  const counted: CsvInput = { ...whole, open: () => whole.open().on('data', (chunk: Uint8Array) => (taken += chunk.length)) };

  const first = await readRecords(counted, ',').next();

  expect(first.value?.fields).toEqual(['time', 'close']);
  expect(taken).toBeLessThan(whole.bytes! / 2);
});

test('text in memory gives all its records, wherever it was cut', async () => {
  const records = await Array.fromAsync(readRecords(textInput('rows.csv', TEXT), ','));

  expect(records).toHaveLength(ROWS + 1);
  expect(records.slice(1).every(({ fields }, row) => fields[0] === String(row) && fields[1] === String(row / 8))).toBe(true);
  expect(records.at(-1)).toMatchObject({ line: ROWS + 1, bytes: Buffer.byteLength(TEXT) });
});
