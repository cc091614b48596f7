import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { hash32, hasCode, QtError } from '../../base/index.ts';
import { compileSchema, Type } from '../../event/index.ts';
import { QT_KILL_SWITCH_LATCH_WRITE } from './errors.ts';
import type { LatchRead, LatchRecord, LatchStore } from './latch-store.ts';

const fileSchema = compileSchema(
  Type.Object({
    format: Type.Literal('qt-kill-latch-1'),
    checksum: Type.Integer(),
    record: Type.Object({
      account: Type.String(),
      phase: Type.Enum(['ARMED', 'REDUCING', 'HALTED', 'RECOVERING']),
      killSwitchId: Type.String({ minLength: 1 }),
      trigger: Type.String({ minLength: 1 }),
      triggerValue: Type.Number(),
      threshold: Type.Number(),
      unit: Type.Enum(['percent', 'count', 'seconds', 'ratio']),
      severity: Type.Enum(['WARNING', 'CRITICAL', 'EMERGENCY']),
      latchedAt: Type.Integer({ minimum: 0 }),
      drill: Type.Boolean(),
      drawdownRatio: Type.Number({ minimum: 0 }),
    }),
  }),
);

/**
 * Keeps the latch in a file. A write goes to a temporary file, is forced to disk, renamed over the old one, and the
 * rename is forced to disk too: after any crash there is the old latch or the new one, never half of one.
 *
 * @param path file to keep it in; its folder must exist
 */
export function createFileLatchStore(path: string): LatchStore {
  return { read: () => readLatch(path), write: (record) => writeLatch(path, record) };
}

function readLatch(path: string): LatchRead {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return hasCode(error, 'ENOENT') ? { kind: 'absent' } : { kind: 'unreadable', reason: String(error) };
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return { kind: 'unreadable', reason: `${path} is not JSON` };
  }
  const fault = fileSchema.firstFault(content);
  if (!fileSchema.check(content)) return { kind: 'unreadable', reason: `${path}: ${fault?.field ?? ''} ${fault?.message ?? 'is wrong'}` };
  const { record, checksum } = content as { record: LatchRecord; checksum: number };
  if (checksum !== hash32(JSON.stringify(record))) return { kind: 'unreadable', reason: `${path}: the checksum does not fit` };
  return { kind: 'record', record };
}

function writeLatch(path: string, record: LatchRecord): void {
  const temporary = `${path}.tmp`;
  const content = JSON.stringify({ format: 'qt-kill-latch-1', checksum: hash32(JSON.stringify(record)), record });
  try {
    withFile(temporary, 'w', (file) => {
      writeFileSync(file, content);
      fsyncSync(file);
    });
    renameSync(temporary, path);
    // Windows cannot open a folder; there the rename itself is as durable as it gets.
    if (process.platform !== 'win32') withFile(dirname(path), 'r', fsyncSync);
  } catch (cause) {
    throw new QtError(QT_KILL_SWITCH_LATCH_WRITE, `Cannot write the kill latch to ${path}`, { cause, details: { path } });
  }
}

function withFile(path: string, flags: string, use: (file: number) => void): void {
  const file = openSync(path, flags);
  try {
    use(file);
  } finally {
    closeSync(file);
  }
}
