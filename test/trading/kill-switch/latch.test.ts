import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasCode, silentLogger } from '../../../src/base/index.ts';
import type { EventInput, QtEvent } from '../../../src/event/index.ts';
import { SystemOperatorCommand, SystemRunStarted } from '../../../src/model/index.ts';
import {
  createFileLatchStore,
  createTotpSecondFactor,
  killSwitchComponent,
  QT_KILL_SWITCH_LATCH_WRITE,
  QT_KILL_SWITCH_SECRETS_INVALID,
  totp,
  type KillSwitchOptions,
  type LatchRecord,
} from '../../../src/trading/kill-switch/index.ts';
import { onEvent, setup, type KillSwitchHandlerState } from '../../../src/trading/kill-switch/handler.ts';
import { START_US, toEvent } from '../../support/chain.ts';
import { Switch } from './switch.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qt-latch-'));
  path = join(folder, 'kill.latch');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const record: LatchRecord = {
  account: 'main',
  phase: 'HALTED',
  killSwitchId: 'ks_old_1',
  trigger: 'manual',
  triggerValue: 1,
  threshold: 1,
  unit: 'count',
  severity: 'CRITICAL',
  latchedAt: START_US,
  drill: false,
  drawdownRatio: 0.1,
};

const started = SystemRunStarted.create({
  run_id: 'r',
  mode: 'paper',
  account_currency: 'USD',
  day_zone: 'UTC',
  config_hash: '',
  data_hash: '',
  code_version: '',
  seed: 1,
});

function handle(state: KillSwitchHandlerState, draft: EventInput): { type: string; onDisk: string }[] {
  const published: { type: string; onDisk: string }[] = [];
  const event = toEvent(draft) as QtEvent;
  const publish = (out: EventInput): void => void published.push({ type: out.type, onDisk: readFile() });
  const context = {
    attempt: 1,
    failures: [],
    previousError: null,
    group: 'kill_switch_service',
    signal: AbortSignal.abort(),
    now: () => event.timestamp,
    logger: silentLogger,
  };
  onEvent(event, { ...context, state, publish });
  return published;
}

function readFile(): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const options: KillSwitchOptions = { mode: 'paper', latch: { kind: 'file', path: '' } };
const withFile = (): KillSwitchOptions => ({ ...options, latch: { kind: 'file', path } });
const killed = SystemOperatorCommand.create({ command: 'KILL', operator: 'op', auth_ref: '', args: {}, justification: '' });

describe('the latch file', () => {
  test('is read back as it was written, over an older one', () => {
    const store = createFileLatchStore(path);
    const before = store.read();
    store.write({ ...record, phase: 'REDUCING' });
    store.write(record);

    expect([before, store.read()]).toEqual([{ kind: 'absent' }, { kind: 'record', record }]);
  });

  test('that cannot be written is a coded error', () => {
    const write = (): void => createFileLatchStore(join(folder, 'missing', 'x')).write(record);

    expect(write).toThrow(expect.objectContaining({ code: QT_KILL_SWITCH_LATCH_WRITE }));
  });

  test('holds the activation before it is published', () => {
    const state = setup(withFile());

    const published = handle(state, killed);

    expect(published).toHaveLength(1);
    expect(published[0]?.onDisk).toContain('"phase":"REDUCING"');
  });

  test('that cannot be written does not stop the kill', () => {
    const state = setup({ ...options, latch: { kind: 'file', path: join(folder, 'missing', 'x') } });

    expect(handle(state, killed).map((out) => out.type)).toEqual(['risk.kill_switch.activated']);
  });

  test('keeps the switch on over a restart, under its name', () => {
    createFileLatchStore(path).write(record);
    const restarted = setup(withFile());

    expect(handle(restarted, started)).toMatchObject([{ type: 'risk.kill_switch.activated' }]);
    expect(restarted.core).toMatchObject({ phase: 'HALTED', record });
    expect(handle(restarted, killed).map((out) => out.type)).toEqual(['audit.decision.log']);
  });

  test.each([
    ['nothing', ''],
    ['half of it', '{"format":"qt-kill-latch-1","checksum":1,"reco'],
    ['another format', '{"format":"x"}'],
    ['a wrong checksum', JSON.stringify({ format: 'qt-kill-latch-1', checksum: 1, record: { ...record, phase: 'ARMED' } })],
  ])('with %s in it means the switch is on', (_what, content) => {
    writeFileSync(path, content);
    const state = setup(withFile());

    expect(handle(state, started)).toMatchObject([{ type: 'risk.kill_switch.activated' }]);
    expect(state.core).toMatchObject({ phase: 'REDUCING', record: { trigger: 'data_integrity' } });
  });

  test('of another account means the switch is on, and is left as it is', () => {
    createFileLatchStore(path).write({ ...record, account: 'other', phase: 'ARMED' });
    const before = readFile();
    const state = setup(withFile());

    expect(handle(state, started)).toHaveLength(1);
    expect(readFile()).toBe(before);
  });

  test('that says ARMED begins armed', () => {
    createFileLatchStore(path).write({ ...record, phase: 'ARMED' });
    const state = setup(withFile());

    expect(handle(state, started)).toHaveLength(0);
    expect(state.core.phase).toBe('ARMED');
  });

  test('forgets a hold: after a restart a reset begins again', () => {
    const kill = new Switch({}, { latch: { kind: 'record', record: { ...record, phase: 'RECOVERING' } } });

    expect(kill.state.phase).toBe('HALTED');
  });
});

describe('the second factor', () => {
  const secret = '3132333435363738393031323334353637383930';

  test('gives the values of RFC 6238', () => {
    expect([totp(secret, 1), totp(secret, 37_037_036)]).toEqual(['287082', '081804']);
  });

  test('passes once, within one step, for the right operator', () => {
    const factor = createTotpSecondFactor({ op: secret });
    const now = 37_037_036 * 30_000_000;

    expect(factor.verify('other', '081804', now)).toBe(false);
    expect(factor.verify('op', '081804', now + 60_000_000)).toBe(false);
    expect(factor.verify('op', '081804', now + 30_000_000)).toBe(true);
    expect(factor.verify('op', '081804', now)).toBe(false);
    expect(factor.verify('op', 'abcdef', now)).toBe(false);
  });

  test('with secrets of the wrong form refuses to start', () => {
    const thrown = (() => {
      try {
        createTotpSecondFactor({ op: '12' });
      } catch (error) {
        return error;
      }
      return null;
    })();

    expect(hasCode(thrown, QT_KILL_SWITCH_SECRETS_INVALID)).toBe(true);
  });
});

test('the component is named as its events are', () => {
  expect(killSwitchComponent()).toMatchObject({ name: 'kill_switch_service', owner: 'account' });
});
