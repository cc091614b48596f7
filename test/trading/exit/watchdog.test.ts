import { describe, expect, it } from 'vitest';
import {
  checkWatchdog,
  createWatchdog,
  guardOf,
  onHeartbeat,
  onPositionClosed,
  onPositionOpened,
  rearmWatchdog,
  type Heartbeat,
} from '../../../src/trading/exit/index.ts';
import { SECOND } from './_fixture.ts';

function beat(at: number, more: Partial<Heartbeat> = {}): Heartbeat {
  return { service_id: guardOf('XYZ'), status: 'OK', last_decision_ts: at, ...more };
}

function createGuarded() {
  const watchdog = createWatchdog();
  onPositionOpened(watchdog, 'pos_1', 'XYZ', 0);
  onHeartbeat(watchdog, beat(0), 0);
  return watchdog;
}

describe('watchdog', () => {
  it('panics between 3 and 4 s after the guard of an open position fell silent (C11)', () => {
    const watchdog = createGuarded();

    expect(checkWatchdog(watchdog, 3 * SECOND)).toBeNull();
    expect(checkWatchdog(watchdog, 3.5 * SECOND)).toBe('EXIT_BRAIN_HEARTBEAT_LOST');
  });

  it('panics when a position was never guarded', () => {
    const watchdog = createWatchdog();
    onPositionOpened(watchdog, 'pos_1', 'XYZ', SECOND);
    onHeartbeat(watchdog, beat(SECOND, { service_id: guardOf('OTHER') }), SECOND);

    expect(checkWatchdog(watchdog, 4 * SECOND)).toBeNull();
    expect(checkWatchdog(watchdog, 4.1 * SECOND)).toBe('POSITIONS_UNGUARDED');
  });

  it('tolerates DEGRADED for 5.0 s and not for 5.1 s (C12)', () => {
    const watchdog = createGuarded();
    for (let at = 1; at <= 6; at++) onHeartbeat(watchdog, beat(at * SECOND, { status: 'DEGRADED' }), at * SECOND);

    expect(checkWatchdog(watchdog, 6 * SECOND)).toBeNull();
    expect(checkWatchdog(watchdog, 6.1 * SECOND)).toBe('EXIT_BRAIN_DEGRADED_TOO_LONG');
  });

  it('forgets a DEGRADED that recovered', () => {
    const watchdog = createGuarded();
    onHeartbeat(watchdog, beat(SECOND, { status: 'DEGRADED' }), SECOND);
    for (let at = 2; at <= 8; at++) onHeartbeat(watchdog, beat(at * SECOND), at * SECOND);

    expect(checkWatchdog(watchdog, 8 * SECOND)).toBeNull();
  });

  it('panics when the guard beats and decides nothing for more than 30 s', () => {
    const watchdog = createGuarded();
    for (let at = 1; at <= 31; at++) onHeartbeat(watchdog, beat(at * SECOND, { last_decision_ts: 0 }), at * SECOND);

    expect(checkWatchdog(watchdog, 30 * SECOND)).toBeNull();
    expect(checkWatchdog(watchdog, 31 * SECOND)).toBe('EXIT_BRAIN_DECISION_STAGNANT');
  });

  it('waits 5 s when flat, or for ever when the brain speaks only with positions', () => {
    const strict = createWatchdog();
    const quiet = createWatchdog({ silenceUs: null });

    expect(checkWatchdog(strict, 5 * SECOND)).toBeNull();
    expect(checkWatchdog(strict, 5.1 * SECOND)).toBe('EXIT_BRAIN_HEARTBEAT_LOST');
    expect(checkWatchdog(quiet, 1_000 * SECOND)).toBeNull();
  });

  it('lets a guard fall silent once its position is closed', () => {
    const watchdog = createWatchdog({ silenceUs: null });
    onPositionOpened(watchdog, 'pos_1', 'XYZ', 0);
    onHeartbeat(watchdog, beat(0), 0);
    onPositionClosed(watchdog, 'pos_1');

    expect(checkWatchdog(watchdog, 100 * SECOND)).toBeNull();
    onPositionOpened(watchdog, 'pos_2', 'XYZ', 100 * SECOND);
    expect(checkWatchdog(watchdog, 102 * SECOND)).toBeNull();
  });

  it('says so once, until it is armed again', () => {
    const watchdog = createGuarded();

    expect(checkWatchdog(watchdog, 4 * SECOND)).not.toBeNull();
    expect(checkWatchdog(watchdog, 5 * SECOND)).toBeNull();
    rearmWatchdog(watchdog, 6 * SECOND);
    expect(checkWatchdog(watchdog, 9 * SECOND)).toBeNull();
    expect(checkWatchdog(watchdog, 9.1 * SECOND)).toBe('POSITIONS_UNGUARDED');
  });

  it('is not fooled by a late copy of an old heartbeat', () => {
    const watchdog = createGuarded();
    onHeartbeat(watchdog, beat(2 * SECOND), 2 * SECOND);
    onHeartbeat(watchdog, beat(0, { status: 'DEGRADED' }), SECOND);

    expect(checkWatchdog(watchdog, 4.9 * SECOND)).toBeNull();
  });
});
