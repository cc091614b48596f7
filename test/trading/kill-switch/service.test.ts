import { describe, expect, test } from 'vitest';
import {
  AuditIntegrityFailed,
  RiskDailyStatusUpdate,
  RiskKillSwitchActivated,
  RiskKillSwitchReset,
  SystemKillSwitchActivated,
  SystemPanicClose,
  TradesReconciliationMismatch,
  type RiskDailyStatusUpdatePayload,
} from '../../../src/model/index.ts';
import { DAY_US, HOUR_US, kernelActivation, SECOND_US, Switch } from './switch.ts';

const status: RiskDailyStatusUpdatePayload = {
  daily_pnl_percent: 0,
  daily_pnl_usd: 0,
  open_positions: 0,
  total_exposure_percent: 0,
  drawdown_from_hwm: 0,
  risk_budget_remaining: 0,
  equity_usd: 9_000,
  hwm_usd: 10_000,
  reserved_usd: 0,
  loss_streak: 0,
  trades_today: 0,
  drawdown_level: 'GREEN',
};

describe('triggers', () => {
  test('any operator kills without a second factor', () => {
    const kill = new Switch();

    kill.command('KILL', {}, '');

    expect(kill.activations()).toMatchObject([{ trigger: 'manual', severity: 'CRITICAL', kill_switch_id: 'ks_run_1', drill: false }]);
    expect(kill.state).toMatchObject({ phase: 'REDUCING', record: { phase: 'REDUCING', killSwitchId: 'ks_run_1' } });
  });

  test('a drill is a drill outside live and a kill in live', () => {
    const paper = new Switch({ mode: 'paper' });
    paper.command('KILL', { drill: true });
    const live = new Switch({ mode: 'live' });
    live.command('KILL', { drill: true });

    expect([paper.activations()[0]?.drill, live.activations()[0]?.drill]).toEqual([true, false]);
  });

  test('the inbound alias latches once (C34)', () => {
    const kill = new Switch();
    const alias = {
      trigger: 'foreign',
      trigger_value: 7,
      threshold: 3,
      severity: 'EMERGENCY',
      action_taken: 'x',
      human_override_required: true,
    } as const;

    kill.send(SystemKillSwitchActivated, alias);
    kill.send(SystemKillSwitchActivated, alias);

    expect(kill.activations()).toMatchObject([{ trigger: 'foreign', trigger_value: 7, severity: 'EMERGENCY' }]);
  });

  test('a panic close kills once per event id', () => {
    const kill = new Switch();
    const panic = { event_id: 'p1', reason: 'MANUAL', severity: 'CRITICAL', issued_by: 'ops' } as const;

    kill.send(SystemPanicClose, panic);

    expect(kill.activations()).toMatchObject([{ trigger: 'panic_close', severity: 'EMERGENCY' }]);
  });

  test('mismatches are graded: 0.5 and 3 % do not kill, 6 %, the wrong side and the unknown do (C42)', () => {
    const counts = [
      [1, 1, 0.5, 'FIXED'],
      [1, 1, 3, 'INVESTIGATE'],
      [1, 1, 5, 'INVESTIGATE'],
      [1, 1, 6, 'INVESTIGATE'],
      [1, -1, 0, 'FIXED'],
      [0, 1, 0, 'FIXED'],
      [1, 1, 1, 'KILL'],
    ] as const;

    const killed = counts.map(([local_size, venue_size, mismatch_percent, action]) => {
      const kill = new Switch();
      kill.send(TradesReconciliationMismatch, { symbol: 'AAA', local_size, venue_size, mismatch_percent, action });
      return kill.activations().length;
    });

    expect(killed).toEqual([0, 0, 0, 1, 1, 1, 1]);
  });

  test('a broken audit chain kills', () => {
    const kill = new Switch();

    kill.send(AuditIntegrityFailed, { at_seq: 9, expected: 'a', found: 'b' });

    expect(kill.activations()).toMatchObject([{ trigger: 'data_integrity' }]);
  });

  test("the kernel's activation latches it without a second one", () => {
    const kill = new Switch();

    kill.send(RiskKillSwitchActivated, kernelActivation('ks_run_1'));
    kill.command('KILL');

    expect(kill.activations()).toHaveLength(0);
    expect(kill.state.record).toMatchObject({ trigger: 'daily_loss_exceeded', triggerValue: -5.2 });
    expect(kill.log.filter((draft) => draft.type === 'audit.decision.log')).toHaveLength(1);
  });
});

describe('phases', () => {
  test('HALTED only when everything is closed, and only for this latch', () => {
    const kill = new Switch();
    kill.command('KILL');
    kill.flattened('ks_other');
    kill.flattened(undefined, 2, 1);
    const before = kill.state.phase;
    kill.flattened(undefined, 2, 2);

    expect([before, kill.state.phase]).toEqual(['REDUCING', 'HALTED']);
  });

  test('a valid reset is held 60 s, then re-bases at the last known equity', () => {
    const kill = new Switch();
    kill.send(RiskDailyStatusUpdate, status);
    kill.readyToReset();
    kill.reset();
    kill.tick(60 * SECOND_US - 1);
    const held = kill.state.phase;
    expect(kill.resets()).toBe(0);
    const out = kill.tick(1);

    expect(held).toBe('RECOVERING');
    expect(out[0]?.payload).toMatchObject({
      reset_by: 'op',
      review_id: 'r1',
      new_hwm_usd: 9_000,
      new_day_start_usd: 9_000,
      scaling_level: 1,
    });
    expect(kill.state).toMatchObject({ phase: 'ARMED', record: { phase: 'ARMED' } });
  });

  test('the next latch of the run has the next name', () => {
    const kill = new Switch();
    kill.readyToReset();
    kill.reset();
    kill.tick(60 * SECOND_US);
    kill.command('KILL');

    expect(kill.activations().map((activation) => activation.kill_switch_id)).toEqual(['ks_run_1', 'ks_run_2']);
  });

  test('a kill during the hold ends the hold', () => {
    const kill = new Switch();
    kill.readyToReset();
    kill.reset();
    kill.command('KILL');
    kill.tick(120 * SECOND_US);

    expect([kill.state.phase, kill.resets()]).toEqual(['HALTED', 0]);
  });

  test('a position that opens during the hold refuses the reset', () => {
    const kill = new Switch();
    kill.readyToReset();
    kill.reset();
    kill.open('p9');
    kill.tick(60 * SECOND_US);

    expect([kill.state.phase, kill.resets(), kill.refusals()]).toEqual(['HALTED', 0, ['NOT_FLAT']]);
  });

  test('a kill between a reset and its commit closes the next latch', () => {
    const kill = new Switch();
    kill.readyToReset();
    kill.reset();
    kill.now += 60 * SECOND_US;
    kill.state.resetSent = true;
    kill.command('KILL');
    kill.send(RiskKillSwitchReset, {
      kill_switch_id: 'ks_run_1',
      reset_by: 'op',
      review_id: 'r1',
      scope: [],
      new_hwm_usd: 1,
      new_day_start_usd: 1,
      scaling_level: 1,
    });

    expect(kill.state.phase).toBe('REDUCING');
    expect(kill.activations().at(-1)).toMatchObject({ kill_switch_id: 'ks_run_2', trigger: 'manual' });
  });
});

describe('a reset is refused', () => {
  function refusal(prepare: (kill: Switch) => void): string {
    const kill = new Switch();
    prepare(kill);
    expect(kill.resets()).toBe(0);
    return kill.refusals().join();
  }

  test('when nothing is latched', () => {
    expect(refusal((kill) => void kill.reset())).toBe('NOT_LATCHED');
  });

  test('before it is flat at the venue', () => {
    const reasons = refusal((kill) => {
      kill.command('KILL');
      kill.now += DAY_US;
      kill.preflight();
      kill.reset();
    });

    expect(reasons).toBe('NOT_HALTED');
  });

  test('at 23 h, at 47 h after 15 %, at 6 days after 20 % drawdown', () => {
    const at = (drawdown: number, ageUs: number): string =>
      refusal((kill) => {
        kill.command('KILL');
        kill.flattened();
        kill.send(RiskDailyStatusUpdate, { ...status, drawdown_from_hwm: drawdown });
        kill.now += ageUs;
        kill.preflight();
        kill.reset();
      });

    expect([at(0.1, 23 * HOUR_US), at(0.15, 47 * HOUR_US), at(0.2, 6 * DAY_US)]).toEqual(['TOO_YOUNG', 'TOO_YOUNG', 'TOO_YOUNG']);
    expect([at(0.1, 24 * HOUR_US), at(0.15, 48 * HOUR_US), at(0.2, 7 * DAY_US)]).toEqual(['', '', '']);
  });

  test('without review, with the wrong phrase, without preflight, with an open position', () => {
    const reasons = refusal((kill) => {
      kill.open('p1');
      kill.preflight();
      kill.now += 1;
      kill.command('KILL');
      kill.flattened();
      kill.now += DAY_US;
      kill.reset({ phrase: 'unlock main' });
      kill.closePosition('p1');
      kill.preflight();
      kill.reset({ phrase: 'UNLOCK main' });
    });

    expect(reasons).toBe('NOT_FLAT, PREFLIGHT, REVIEW_MISSING, PHRASE_WRONG,REVIEW_MISSING');
  });

  test('with a wrong second factor, and for an hour after it', () => {
    const reasons = refusal((kill) => {
      kill.readyToReset();
      kill.reset(undefined, 'wrong');
      kill.now += HOUR_US - 1;
      kill.reset();
    });

    expect(reasons).toBe('SECOND_FACTOR,MANUAL_LOCKED');
  });

  test('when no second factor is configured', () => {
    const kill = new Switch({}, { secondFactor: { verify: () => false } });
    kill.readyToReset();
    kill.reset();

    expect(kill.refusals()).toEqual(['SECOND_FACTOR']);
  });
});

describe('blocks', () => {
  test('need no leave; lifting one does, while latched', () => {
    const kill = new Switch();
    kill.command('BLOCK', { symbol: 'AAA' });
    kill.command('UNBLOCK', { symbol: 'AAA' });
    kill.command('KILL');
    kill.command('BLOCK');
    kill.command('UNBLOCK');

    const actions = kill.log
      .map((draft) => draft.payload as { action?: string; scope?: string })
      .filter((payload) => payload.action !== undefined);

    expect(actions.map(({ action, scope }) => `${action} ${scope}`)).toEqual([
      'BLOCK_SYMBOL AAA',
      'UNLOCK AAA',
      'BLOCK_ENTRIES entries',
      'REFUSED UNBLOCK',
    ]);
  });
});
