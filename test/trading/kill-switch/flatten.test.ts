import { describe, expect, it } from 'vitest';
import type { EventInput } from '../../../src/event/index.ts';
import {
  PositionClosed,
  PositionOpened,
  RiskKillSwitchActivated,
  RiskKillSwitchFlattened,
  RiskKillSwitchReset,
  TradesOrderCancelled,
} from '../../../src/model/index.ts';
import { createFlattenState, stepFlatten } from '../../../src/trading/kill-switch/index.ts';
import { toEvent } from '../../support/chain.ts';

const opened = (id: string, symbol = 'XYZ') =>
  PositionOpened.create({ position_id: id, symbol, direction: 'LONG', size: 1, entry_price: 10, stop_loss: 9, risk_amount: 1 });
const closed = (id: string, symbol = 'XYZ') =>
  PositionClosed.create({
    position_id: id,
    symbol,
    direction: 'LONG',
    entry_price: 10,
    exit_price: 9,
    size: 1,
    realized_pnl: -1,
    realized_pnl_percent: -10,
    hold_duration_seconds: 1,
    exit_reason: 'kill_switch',
  });
const killed = (id: string) =>
  RiskKillSwitchActivated.create(
    {
      trigger: 'manual',
      trigger_value: 1,
      threshold: 1,
      severity: 'CRITICAL',
      action_taken: '',
      human_override_required: true,
      unit: 'count',
      kill_switch_id: id,
      latched_at: 0,
      drill: false,
    },
    { key: 'acct:main' },
  );

const START_US = 1_700_000_000_000_000;

/** Feeds events in order and returns what came out of each. */
function feed(inputs: readonly EventInput[]): object[][] {
  const state = createFlattenState();
  return inputs.map((input) => stepFlatten(state, toEvent(input)).map(({ payload, type }) => ({ type, ...payload })));
}

describe('announcing that an account is flat', () => {
  it('waits for the last of the positions that were open', () => {
    const [, , , afterFirst, afterLast] = feed([opened('a', 'X'), opened('b', 'Y'), killed('ks_1'), closed('a', 'X'), closed('b', 'Y')]);

    expect(afterFirst).toEqual([]);
    expect(afterLast).toEqual([
      expect.objectContaining({ type: RiskKillSwitchFlattened.type, kill_switch_id: 'ks_1', positions_total: 2, positions_closed: 2 }),
    ]);
  });

  it('measures to the latest closing, and never less than nothing when other symbols are behind the one that was the reason', () => {
    const at = (input: EventInput, seconds: number): EventInput => ({ ...input, timestamp: START_US + seconds * 1_000_000 });
    const positions = [opened('a', 'X'), opened('b', 'Y')];

    const behind = feed([...positions, at(killed('ks_1'), 900), at(closed('a', 'X'), 60), at(closed('b', 'Y'), 120)]);
    const ahead = feed([...positions, at(killed('ks_1'), 900), at(closed('a', 'X'), 905), at(closed('b', 'Y'), 902)]);

    expect(behind.at(-1)).toEqual([expect.objectContaining({ elapsed_ms: 0 })]);
    expect(ahead.at(-1)).toEqual([expect.objectContaining({ elapsed_ms: 5000 })]);
  });

  it('speaks at once when nothing is open', () => {
    expect(feed([killed('ks_1')])[0]).toEqual([expect.objectContaining({ positions_total: 0, positions_closed: 0 })]);
  });

  it('counts the entries that were cancelled for the kill and no other cancels', () => {
    const cancel = (order_id: string, cause: 'KILL' | 'REPLACED') =>
      TradesOrderCancelled.create({
        request_id: 'r',
        order_id,
        client_order_id: order_id,
        symbol: 'X',
        intent: 'ENTRY',
        filled_size: 0,
        cause,
      });

    const out = feed([opened('a'), killed('ks_1'), cancel('1', 'KILL'), cancel('2', 'REPLACED'), closed('a')]);

    expect(out[4]).toEqual([expect.objectContaining({ orders_cancelled: 1 })]);
  });

  it('speaks again when a fill that crossed the kill opened a position late', () => {
    const out = feed([killed('ks_1'), opened('late'), closed('late')]);

    expect(out[2]).toEqual([expect.objectContaining({ positions_total: 1, positions_closed: 1 })]);
  });

  it('says nothing of positions that close without a kill, or after it was reset', () => {
    const reset = RiskKillSwitchReset.create(
      { kill_switch_id: 'ks_1', reset_by: 'op', review_id: 'r', scope: [], new_hwm_usd: 1, new_day_start_usd: 1, scaling_level: 1 },
      { key: 'acct:main' },
    );

    const out = feed([opened('a'), closed('a'), killed('ks_1'), reset, opened('b'), closed('b')]);

    expect([out[1], out[5]]).toEqual([[], []]);
  });

  it('changes nothing when an event comes twice', () => {
    const state = createFlattenState();
    const events = [opened('a'), killed('ks_1'), killed('ks_1'), closed('a')].map((input) => toEvent(input));

    const out = [...events, ...events].flatMap((event) => stepFlatten(state, event));

    expect(out).toHaveLength(1);
  });
});
