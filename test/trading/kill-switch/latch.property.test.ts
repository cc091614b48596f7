import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventInput } from '../../../src/event/index.ts';
import {
  PositionClosed,
  RiskKillSwitchActivated,
  RiskKillSwitchReset,
  SystemKillSwitchActivated,
  SystemOperatorCommand,
  SystemPanicClose,
  type RiskKillSwitchActivatedPayload,
} from '../../../src/model/index.ts';
import { createKillSwitchState, step as stepSwitch } from '../../../src/trading/kill-switch/index.ts';
import { createKillLatch, isLatched, onActivated, onReset } from '../../../src/trading/kill-latch.ts';
import { createRiskState, step as stepKernel } from '../../../src/trading/risk/index.ts';
import { START_US, toEvent } from '../../support/chain.ts';
import { riskOptions } from '../risk/account.ts';
import { DAY_US, Switch } from './switch.ts';

const loss = PositionClosed.create({
  position_id: 'p',
  symbol: 'DDD',
  direction: 'LONG',
  size: 1,
  entry_price: 100,
  exit_price: 90,
  realized_pnl: -600,
  realized_pnl_percent: -6,
  hold_duration_seconds: 1,
  exit_reason: 'stop',
});
const manual = SystemOperatorCommand.create({ command: 'KILL', operator: 'op', auth_ref: '', args: {}, justification: '' });
const panic = SystemPanicClose.create({ event_id: 'e1', reason: 'MANUAL', severity: 'CRITICAL', issued_by: 'ops' });
const foreign = {
  trigger: 'x',
  trigger_value: 1,
  threshold: 1,
  severity: 'CRITICAL',
  action_taken: '',
  human_override_required: true,
} as const;
const alias = SystemKillSwitchActivated.create(foreign);

/**
 * The kernel and the service on one bus. Each has an inbox; `schedule` picks whose turn it is, so that any of the two
 * may act on its own trigger before it has seen the other's activation.
 */
function race(inputs: EventInput[], schedule: readonly boolean[]): { activations: RiskKillSwitchActivatedPayload[]; latched: boolean[] } {
  const kernel = createRiskState(riskOptions());
  const service = createKillSwitchState();
  const log: EventInput[] = [...inputs];
  const read = [0, 0];
  let turn = 0;
  while (read.some((position) => position < log.length)) {
    const wanted = schedule[turn++ % Math.max(1, schedule.length)] === true ? 1 : 0;
    const who = (read[wanted] as number) < log.length ? wanted : 1 - wanted;
    const position = read[who] as number;
    read[who] = position + 1;
    const event = toEvent(log[position] as EventInput, { seq: position + 1 });
    log.push(...(who === 0 ? stepKernel(kernel, event) : stepSwitch(service, event)));
  }
  const activations = log
    .filter((draft) => draft.type === RiskKillSwitchActivated.type)
    .map((draft) => draft.payload as RiskKillSwitchActivatedPayload);
  return { activations, latched: [isLatched(kernel.kill), isLatched(service.latch)] };
}

test('however many triggers fire and in whatever order, there is one latch under one name', () => {
  const triggers = fc.shuffledSubarray([loss, manual, panic, alias, loss, manual], { minLength: 1 });
  fc.assert(
    fc.property(triggers, fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), (inputs, schedule) => {
      const { activations, latched } = race(inputs, schedule);
      const consumer = createKillLatch();
      const closings = activations.filter((activation) => onActivated(consumer, activation.kill_switch_id));

      expect(new Set(activations.map((activation) => activation.kill_switch_id)).size).toBe(1);
      expect(activations.length).toBeLessThanOrEqual(2);
      expect(closings).toHaveLength(1);
      expect(latched).toEqual([true, true]);
    }),
    { numRuns: 300 },
  );
});

test('when each sees the other in time, there is exactly one activation', () => {
  for (const inputs of [
    [loss, manual],
    [manual, loss],
    [loss, loss, panic],
    [alias, panic, manual],
  ]) {
    const kernel = createRiskState(riskOptions());
    const service = createKillSwitchState();
    const log: EventInput[] = [];
    for (const input of inputs) {
      const queue: EventInput[] = [input];
      for (let draft = queue.shift(); draft !== undefined; draft = queue.shift()) {
        log.push(draft);
        const event = toEvent(draft, { seq: log.length });
        queue.push(...stepKernel(kernel, event), ...stepSwitch(service, event));
      }
    }

    expect(log.filter((draft) => draft.type === RiskKillSwitchActivated.type)).toHaveLength(1);
  }
});

type Act = 'kill' | 'flat' | 'open' | 'shut' | 'preflight' | 'day' | 'minute' | 'wrong' | 'reset' | 'restart';

test('once on it stays on through anything but a valid reset, restarts included', () => {
  const acts = fc.array(fc.constantFrom<Act>('kill', 'flat', 'open', 'shut', 'preflight', 'day', 'minute', 'wrong', 'reset', 'restart'), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(acts, (script) => {
      let kill = new Switch();
      kill.command('KILL');
      for (const act of script) {
        const before = kill.resets();
        const allowed = kill.state.phase === 'RECOVERING' && kill.state.held !== null;
        if (act === 'kill') kill.command('KILL');
        else if (act === 'flat') kill.flattened();
        else if (act === 'open') kill.open('p1');
        else if (act === 'shut') kill.closePosition('p1');
        else if (act === 'preflight') kill.preflight();
        else if (act === 'day') kill.tick(DAY_US);
        else if (act === 'minute') kill.tick(60_000_000);
        else if (act === 'wrong') kill.reset({ phrase: 'UNLOCK other', review_id: 'r' });
        else if (act === 'reset') kill.reset();
        else {
          const record = kill.state.record;
          const { now, seq } = kill;
          kill = new Switch({}, { latch: record === null ? { kind: 'absent' } : { kind: 'record', record } });
          Object.assign(kill, { now, seq });
          continue;
        }
        if (kill.resets() === before) expect(kill.state.phase).not.toBe('ARMED');
        else {
          expect(allowed).toBe(true);
          return;
        }
      }
      expect(isLatched(kill.state.latch)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('a latch ignores resets of other names and late copies of old activations', () => {
  const names = fc.constantFrom('ks_a', 'ks_b', 'ks_c');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), names), { maxLength: 30 }), (moves) => {
      const latch = createKillLatch();
      const cleared = new Set<string>();
      for (const [activate, name] of moves) {
        const before = [...latch.names];
        if (activate) {
          onActivated(latch, name);
          expect(isLatched(latch)).toBe(before.length > 0 || !cleared.has(name));
        } else if (onReset(latch, name)) {
          expect(before).toContain(name);
          for (const old of before) cleared.add(old);
        } else expect(latch.names).toEqual(before);
      }
    }),
  );
});

test('a reset that the service did not send opens nothing', () => {
  const kill = new Switch();
  kill.command('KILL');
  const fake = { reset_by: 'x', review_id: 'x', new_hwm_usd: 1, new_day_start_usd: 1, scaling_level: 1 } as const;
  kill.send(RiskKillSwitchReset, { kill_switch_id: 'ks_run_1', scope: [], ...fake });

  expect(kill.state).toMatchObject({ phase: 'REDUCING', record: { latchedAt: START_US } });
});
