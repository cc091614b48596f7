import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { checkJournal } from '../../src/app/index.ts';
import { makeFolder, segmentsOf } from '../app/journal/support.ts';

const QT = fileURLToPath(new URL('../../src/cli/qt.mjs', import.meta.url));

function qt(...args: string[]) {
  const { status, stderr, stdout } = spawnSync(process.execPath, [QT, ...args], { encoding: 'utf8' });
  return { status, stderr, stdout };
}

/** Changes a byte of the file and puts the checksum of its batch right. */
function forge(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 1;
  for (let start = 128; start < bytes.length; start += bytes.readUInt32LE(start + 8)) {
    const end = start + bytes.readUInt32LE(start + 8);
    if (at >= start && at < end) bytes.writeUInt32LE(crc32(bytes.subarray(start + 8, end)), start + 4);
  }
  writeFileSync(path, bytes);
}

test('qt journal verify walks the audit chain of a run, checks a noted head, and finds a forged decision', { timeout: 240_000 }, () => {
  const directory = join(makeFolder(), 'journal');
  const run = qt('run', '--mode', 'backtest', '--journal', directory, '--quiet', '--json');
  const { head, records } = (JSON.parse(run.stdout) as { journal: { audit: { head: string; records: number } } }).journal.audit;

  const sound = qt('journal', 'verify', directory);
  const noted = qt('journal', 'verify', directory, '--head', head);
  const other = qt('journal', 'verify', directory, '--head', 'ab'.repeat(32));
  const misspelt = qt('journal', 'verify', directory, '--head', 'ab');
  const [path = ''] = segmentsOf(directory);
  forge(path, readFileSync(path).lastIndexOf('APPROVED'));
  const forged = qt('journal', 'verify', directory);
  const json = qt('journal', 'verify', directory, '--json');
  const repaired = qt('journal', 'repair', directory);

  expect(records).toBeGreaterThan(100);
  expect(sound).toMatchObject({ status: 0, stdout: expect.stringContaining(`audit chain: ${records} events, head ${head}`) });
  expect(sound.stdout).toMatch(/^note the head elsewhere: /m);
  expect(noted).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^sound\n[^]*the noted head is that of its event \d+, seq \d+$/m),
  });
  expect(other).toMatchObject({ status: 1, stdout: expect.stringMatching(/^damaged: no record of the audit chain has the hash abab/) });
  expect(misspelt).toMatchObject({ status: 2, stdout: '' });
  expect(forged).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(
      /^damaged: 0+1\.qtj at byte \d+: the audit chain breaks at seq \d+ \(risk\.evaluation\.complete\): expected /,
    ),
  });
  expect(JSON.parse(json.stdout)).toMatchObject({
    isSound: false,
    audit: { fault: { seq: expect.any(Number), type: expect.any(String), expected: expect.any(String), found: expect.any(String) } },
  });
  expect(repaired, 'what can be read is not given up').toMatchObject({ status: 1, stdout: expect.stringMatching(/^still damaged: /m) });
  expect(checkJournal(directory).audit.records).toBeLessThan(records);

  // The same place again, now with a checksum that is wrong.
  const bytes = readFileSync(path);
  bytes[bytes.lastIndexOf('PPROVED')]! ^= 1;
  writeFileSync(path, bytes);
  expect(qt('journal', 'repair', directory)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^sound now/m) });
  const after = qt('journal', 'verify', directory);
  expect(after).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^sound\n[^]*^the audit chain has a break: records lost here: \d+ chained events between seq/m),
  });
  expect(after.stdout).toContain(head);
  expect(qt('journal', 'verify', directory, '--head', head)).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/^damaged: the audit chain is not whole up to the noted head; records lost here/),
  });
});

test('a file in the place of a journal ends every command with 2 and one line that says so', { timeout: 240_000 }, () => {
  const file = join(makeFolder(), 'file');
  writeFileSync(file, 'no journal');
  const run = ['run', '--feed', 'synthetic', '--bars', '5', '--mode', 'backtest', '--quiet', '--journal'];

  const commands = [['journal', 'verify'], ['journal', 'info'], ['journal', 'repair'], ['events', '--from'], ['replay', '--verify'], run];
  for (const [command, path] of [...commands.map((one) => [one, file] as const), [run, join(file, 'inside')] as const]) {
    const { status, stderr, stdout } = qt(...command, path);
    expect({ command, status, stdout, lines: stderr.trimEnd().split('\n').length }).toEqual({ command, status: 2, stdout: '', lines: 1 });
    expect(stderr).toContain(path);
  }
  expect(readFileSync(file, 'utf8')).toBe('no journal');
});
