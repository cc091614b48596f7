import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  AUDIT_GENESIS,
  AuditChain,
  AuditVerifier,
  openAuditLog,
  toAuditLine,
  toIntegrityFailed,
  verifyAuditFile,
} from '../../src/observe/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'qt-audit-'));
afterAll(() => rmSync(directory, { recursive: true }));

const TYPE = 'audit.decision.log';
const entry = (seq: number, decision: string) => ({ type: TYPE, seq, payload: { output: { decision }, decision_id: `d${seq}` } });

async function written(name: string, count: number): Promise<string> {
  const path = join(directory, name);
  const log = await openAuditLog(path);
  for (let seq = 1; seq <= count; seq++) await log.append(entry(seq, 'VETOED'));
  await log.close();
  return path;
}

describe('the audit chain', () => {
  test('gives the worked example', () => {
    const chain = new AuditChain();

    expect(AUDIT_GENESIS).toMatch(/^7ef98298/);
    expect(chain.append(entry(1, 'VETOED')).hash).toBe('9afbd635870e7f69f37c4c9d937999230f042785b2d68e7ad9759d27a72c831f');
    expect(chain.append(entry(2, 'APPROVED')).hash).toBe('cde52666bdcf1105d6e69412eb43a15dd70a1a81e00b4e3aefeb80d3ae1fe3d4');
  });

  test('does not depend on the order of keys or on hashes that the publisher set', () => {
    const plain = new AuditChain().append({ type: TYPE, seq: 1, payload: { a: 1, b: { c: 2, d: 3 } } });
    const other = new AuditChain().append({ type: TYPE, seq: 1, payload: { b: { d: 3, c: 2 }, hash: 'x', a: 1, prev_hash: 'y' } });

    expect(other.hash).toBe(plain.hash);
  });

  test('refuses a payload that JSON would alter, and goes on as if it had not been', () => {
    const chain = new AuditChain();

    expect(() => chain.append({ type: TYPE, seq: 1, payload: { value: Number.NaN } })).toThrow('Cannot write NaN as canonical JSON');
    expect(chain.head).toBe(AUDIT_GENESIS);
    expect(chain.length).toBe(0);
  });
});

describe('verification', () => {
  test('accepts what was written and tells its head', async () => {
    const path = await written('good.ndjson', 5);

    const verdict = await verifyAuditFile(path);

    expect(verdict).toMatchObject({ fault: null, records: 5 });
    expect((await verifyAuditFile(path, verdict.head)).fault).toBeNull();
  });

  test('finds a change of any byte in its line', async () => {
    const path = await written('flip.ndjson', 3);
    const bytes = readFileSync(path);
    const copy = join(directory, 'flipped.ndjson');

    let line = 1;
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (bytes[at] as number) ^ 0x01;
      writeFileSync(copy, changed);
      const { fault } = await verifyAuditFile(copy);
      expect(fault?.line, `byte ${at}`).toBe(line);
      if (bytes[at] === 0x0a) line++;
    }
    expect(line).toBe(4);
  });

  test('finds a deletion, a repetition and an exchange', () => {
    const chain = new AuditChain();
    const lines = [1, 2, 3, 4].map((seq) => toAuditLine(chain.append(entry(seq, 'APPROVED'))));
    const faultLine = (order: number[]): number | undefined => {
      const verifier = new AuditVerifier();
      for (const index of order) verifier.check(lines[index] as string);
      return verifier.verdict().fault?.line;
    };

    expect(faultLine([0, 1, 2, 3])).toBeUndefined();
    expect(faultLine([0, 2, 3])).toBe(2);
    expect(faultLine([1, 2, 3])).toBe(1);
    expect(faultLine([0, 1, 1, 2, 3])).toBe(3);
    expect(faultLine([0, 2, 1, 3])).toBe(2);
  });

  test('finds a cut end against the head of the run', () => {
    const chain = new AuditChain();
    const lines = [1, 2].map((seq) => toAuditLine(chain.append(entry(seq, 'APPROVED'))));
    const verifier = new AuditVerifier();
    verifier.check(lines[0] as string);

    const { fault } = verifier.verdict(chain.head);

    expect(fault).toMatchObject({ line: 2, atSeq: 1, expected: chain.head });
    expect(toIntegrityFailed(fault as NonNullable<typeof fault>)).toMatchObject({ type: 'audit.integrity.failed', payload: { at_seq: 1 } });
  });

  test('of a file that is not there is a coded error', async () => {
    await expect(verifyAuditFile(join(directory, 'none'))).rejects.toMatchObject({ code: 'QT_OBSERVE_LOG_FAILED' });
  });
});

describe('an audit file', () => {
  test('goes on where an earlier run ended', async () => {
    const path = await written('on.ndjson', 2);
    const log = await openAuditLog(path);
    await log.append(entry(1, 'APPROVED'));
    await log.close();

    expect(log.length).toBe(3);
    expect(await verifyAuditFile(path, log.head)).toMatchObject({ fault: null, records: 3 });
  });

  test('takes an event that is delivered again once', async () => {
    const path = join(directory, 'again.ndjson');
    const log = await openAuditLog(path);
    await Promise.all([log.append(entry(1, 'VETOED')), log.append(entry(2, 'VETOED')), log.append(entry(2, 'VETOED'))]);
    await log.close();

    expect(await verifyAuditFile(path)).toMatchObject({ fault: null, records: 2 });
  });

  test('that is broken is not continued', async () => {
    const path = await written('broken.ndjson', 2);
    writeFileSync(path, readFileSync(path, 'utf8').replace('VETOED', 'PASSED'));

    await expect(openAuditLog(path)).rejects.toMatchObject({ code: 'QT_OBSERVE_AUDIT_BROKEN', details: { line: 1 } });
  });

  test.skipIf(!existsSync('/dev/full'))('that cannot be written says so on every append', async () => {
    const log = await openAuditLog('/dev/full');

    await expect(log.append(entry(1, 'VETOED'))).rejects.toMatchObject({ code: 'QT_OBSERVE_LOG_FAILED' });
    await expect(log.append(entry(2, 'VETOED'))).rejects.toMatchObject({ code: 'QT_OBSERVE_LOG_FAILED' });
    await expect(log.close()).rejects.toMatchObject({ code: 'QT_OBSERVE_LOG_FAILED' });
  });
});
