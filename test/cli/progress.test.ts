import { expect, test } from 'vitest';
import { showWork } from '../../src/cli/progress.ts';

function terminal(isTTY: boolean, columns = 120) {
  const written: string[] = [];
  const stream = { isTTY, columns, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  let now = 0;
  return { written, stream, nowMs: () => now, pass: (ms: number) => (now += ms) };
}

const OPTIONS = { label: 'export', unit: 'events', isWanted: true } as const;

test('a long work rewrites one line with share, rate and time left, and takes it away', () => {
  const { nowMs, pass, stream, written } = terminal(true);
  const { end, onProgress } = showWork(OPTIONS, stream as never, nowMs);

  onProgress(10, 1000);
  pass(400);
  onProgress(100, 1000);
  pass(10);
  onProgress(110, 1000);
  pass(590);
  onProgress(500, 1000);
  end();
  end();

  expect(written).toEqual([
    '\r\u001B[Kqt: export  10 %  100 of 1000 events, 250/s  4 s left',
    '\r\u001B[Kqt: export  50 %  500 of 1000 events, 500/s  1 s left',
    '\r\u001B[K',
  ]);
});

test('bytes are told in MiB, and without a total there is no share', () => {
  const { nowMs, pass, stream, written } = terminal(true);
  const { onProgress } = showWork({ ...OPTIONS, label: 'import', unit: 'bytes' }, stream as never, nowMs);

  pass(1000);
  onProgress(1_048_576, 0);
  pass(1000);
  onProgress(2_097_152, 1024 * 1_048_576);

  expect(written.map((line) => line.slice(4))).toEqual([
    'qt: import  1.0 MiB, 1.0 MiB/s',
    'qt: import  0 %  2.0 MiB of 1024.0 MiB, 1.0 MiB/s  17 min left',
  ]);
});

test('a line is never longer than the terminal', () => {
  const { nowMs, pass, stream, written } = terminal(true, 30);
  const { onProgress } = showWork(OPTIONS, stream as never, nowMs);

  pass(1000);
  onProgress(123_456, 1_000_000);

  expect(written[0]!.slice(4)).toHaveLength(29);
});

test('a file, a short work and one that should be quiet show nothing', () => {
  const file = terminal(false);
  const quiet = terminal(true);
  const short = terminal(true);
  const works = [
    showWork(OPTIONS, file.stream as never, file.nowMs),
    showWork({ ...OPTIONS, isWanted: false }, quiet.stream as never, quiet.nowMs),
    showWork(OPTIONS, short.stream as never, short.nowMs),
  ];
  file.pass(1000);
  quiet.pass(1000);
  short.pass(100);

  for (const { end, onProgress } of works) {
    onProgress(1, 2);
    end();
  }

  expect([file.written, quiet.written, short.written]).toEqual([[], [], []]);
});
