import { describe, expect, it } from 'vitest';
import { HistoryChecker, type GroupCounters, type HistoryRecord, type Violation } from './index.ts';

const RULES = {
  a: { attemptsMax: 3, lanes: 'own', ordered: true },
  b: { attemptsMax: 1, lanes: 'pinned', ordered: false },
} as const;

const accepted = (id: number, more: Partial<Extract<HistoryRecord, { kind: 'accepted' }>> = {}): HistoryRecord => ({
  kind: 'accepted',
  id,
  key: 'k',
  lane: 2,
  groups: ['a'],
  ...more,
});
const started = (id: number, attempt = 1, worker = 1, group = 'a'): HistoryRecord => ({ kind: 'started', id, group, attempt, worker });
const ended = (
  id: number,
  outcome: 'ok' | 'failed' | 'rejected' | 'timeout' = 'ok',
  attempt = 1,
  worker = 1,
  group = 'a',
  emitted = 0,
): HistoryRecord => ({ kind: 'ended', id, group, attempt, worker, outcome, emitted });
const dead = (id: number, group = 'a'): HistoryRecord => ({ kind: 'deadLettered', id, group, reason: 'RETRIES_EXHAUSTED' });
const books = (acknowledged: number, more: Partial<GroupCounters> = {}): GroupCounters => ({
  dispatched: acknowledged,
  acknowledged,
  filtered: 0,
  deadLettered: 0,
  dropped: 0,
  pending: 0,
  ...more,
});

function check(records: readonly HistoryRecord[], counters: Record<string, GroupCounters>): Violation | null {
  const checker = new HistoryChecker(RULES);
  for (const record of records) checker.record(record);
  return checker.settle(counters);
}

describe('HistoryChecker accepts', () => {
  it.each<[string, HistoryRecord[], Record<string, GroupCounters>]>([
    ['a plain success, also when it starts before its publisher wrote it down', [started(1), accepted(1), ended(1)], { a: books(1) }],
    ['a retry', [accepted(1), started(1), ended(1, 'failed'), started(1, 2), ended(1, 'ok', 2)], { a: books(1) }],
    ['a redelivery after a crash, numbered on', [accepted(1), started(1), started(1, 2, 9), ended(1, 'ok', 2, 9)], { a: books(1) }],
    ['a bystander of a crash, with its number kept', [accepted(1), started(1), started(1, 1, 9), ended(1, 'ok', 1, 9)], { a: books(1) }],
    ['a success that died unacknowledged', [accepted(1), started(1), ended(1), started(1, 1, 9), ended(1, 'ok', 1, 9)], { a: books(1) }],
    ['a dead letter', [accepted(1), started(1), ended(1, 'rejected'), dead(1)], { a: books(0, { dispatched: 1, deadLettered: 1 }) }],
    [
      'a redriven dead letter, behind later events',
      [
        accepted(1),
        started(1),
        ended(1, 'rejected'),
        dead(1),
        accepted(2),
        started(2),
        ended(2),
        { kind: 'redriven', id: 1, group: 'a' },
        started(1),
        ended(1),
      ],
      { a: books(2) },
    ],
    ['what is pending', [accepted(1), accepted(2), started(1), ended(1)], { a: books(1, { dispatched: 2, pending: 1 }) }],
    ['what was dropped', [accepted(1), { kind: 'dropped', group: 'a', count: 1 }], { a: books(0, { dispatched: 1, dropped: 1 }) }],
    ['filtered events, which no handler sees', [], { a: books(4, { filtered: 4 }) }],
    [
      'lanes that overtake each other',
      [accepted(1), accepted(2, { lane: 0 }), started(2), ended(2), started(1), ended(1)],
      { a: books(2) },
    ],
    [
      'derived events',
      [accepted(1), started(1), ended(1, 'ok', 1, 1, 'a', 1), accepted(2, { groups: [], cause: { id: 1, group: 'a', index: 0 } })],
      { a: books(1) },
    ],
  ])('%s', (_what, records, counters) => {
    expect(check(records, counters)).toBeNull();
  });

  it('events of a later round after the earlier ones were forgotten', () => {
    const checker = new HistoryChecker(RULES);
    for (const record of [accepted(1), started(1), ended(1)]) checker.record(record);
    const first = checker.settle({ a: books(1) });

    for (const record of [accepted(2), started(2), ended(2)]) checker.record(record);

    expect([first, checker.settle({ a: books(2) })]).toEqual([null, null]);
  });
});

describe('HistoryChecker reports', () => {
  it.each<[string, string, RegExp, HistoryRecord[], Record<string, GroupCounters>]>([
    ['a lost event', 'I1', /event 1 has no outcome in a/, [accepted(1)], { a: books(1) }],
    ['an event that stays failed', 'I1', /no outcome/, [accepted(1), started(1), ended(1, 'failed')], { a: books(1) }],
    ['a lost derived event', 'I1', /derived from 1 is lost/, [accepted(1), started(1), ended(1, 'ok', 1, 1, 'a', 1)], { a: books(1) }],
    ['an event out of nowhere', 'I2', /never accepted/, [started(1), ended(1)], { a: books(1) }],
    ['an event for another group', 'I2', /does not want it/, [accepted(1), started(1, 1, 1, 'b')], { a: books(1) }],
    ['one that is done again', 'I2', /after it had succeeded/, [accepted(1), started(1), ended(1), started(1, 2)], { a: books(1) }],
    ['one that is accepted twice', 'I2', /accepted twice/, [accepted(1), accepted(1)], { a: books(1) }],
    ['one buried twice', 'I2', /twice/, [accepted(1), started(1), ended(1, 'rejected'), dead(1), dead(1)], { a: books(0) }],
    [
      'one that walks after death',
      'I2',
      /after it was dead-lettered/,
      [accepted(1), started(1), ended(1, 'failed'), dead(1), started(1, 2)],
      { a: books(0) },
    ],
    [
      'a derived event published twice',
      'I2',
      /number 0 of a twice/,
      [accepted(1), accepted(2, { cause: { id: 1, group: 'a', index: 0 } }), accepted(3, { cause: { id: 1, group: 'a', index: 0 } })],
      { a: books(3) },
    ],
    [
      'a derived event of a run that failed',
      'I2',
      /no run that succeeded/,
      [accepted(1), started(1), ended(1, 'rejected'), dead(1), accepted(2, { groups: [], cause: { id: 1, group: 'a', index: 0 } })],
      { a: books(0, { dispatched: 1, deadLettered: 1 }) },
    ],
    [
      'too many attempts',
      'I3',
      /attempt 2 of 1/,
      [accepted(1, { groups: ['b'] }), started(1, 1, 1, 'b'), ended(1, 'failed', 1, 1, 'b'), started(1, 2, 1, 'b')],
      { b: books(1) },
    ],
    ['a skipped number', 'I3', /attempt 3 after attempt 1/, [accepted(1), started(1), ended(1, 'failed'), started(1, 3)], { a: books(1) }],
    [
      'a repeated number on a living worker',
      'I3',
      /attempt 1 after attempt 1/,
      [accepted(1), started(1), ended(1, 'failed'), started(1, 1)],
      { a: books(1) },
    ],
    [
      'a retry of what was rejected',
      'I3',
      /after it was rejected/,
      [accepted(1), started(1), ended(1, 'rejected'), started(1, 2)],
      { a: books(1) },
    ],
    ['first deliveries out of order', 'I4', /after event 2/, [accepted(1), accepted(2), started(2), ended(2), started(1)], { a: books(2) }],
    [
      'order broken across lanes in a pinned group',
      'I4',
      /after event 2/,
      [
        accepted(1, { groups: ['b'] }),
        accepted(2, { groups: ['b'], lane: 0 }),
        started(2, 1, 1, 'b'),
        ended(2, 'ok', 1, 1, 'b'),
        started(1, 1, 1, 'b'),
      ],
      { b: books(2) },
    ],
    [
      'a retry that was overtaken',
      'I4',
      /after event 2 of its key had begun/,
      [accepted(1), accepted(2), started(1), ended(1, 'failed'), started(2), ended(2), started(1, 2)],
      { a: books(2) },
    ],
    ['two runs at once on one worker', 'I6', /while it was running/, [accepted(1), started(1), started(1, 2)], { a: books(1) }],
    ['a dead worker that ends its run', 'I6', /worker 1 acts/, [accepted(1), started(1), started(1, 2, 9), ended(1)], { a: books(1) }],
    [
      'a dead worker that still loops',
      'I6',
      /worker 1 acts/,
      [accepted(1), started(1), started(1, 2, 9), { kind: 'alive', worker: 1 }],
      { a: books(1) },
    ],
    ['an end without a start', 'I6', /without being the one that runs/, [accepted(1), ended(1)], { a: books(1) }],
    [
      'an acknowledgement that nobody counted',
      'I9',
      /says 0 acknowledged, the history has 1/,
      [accepted(1), started(1), ended(1)],
      { a: books(0, { dispatched: 1 }) },
    ],
    ['an event counted twice', 'I9', /says 2 dispatched/, [accepted(1), started(1), ended(1)], { a: books(2) }],
    [
      'a dead letter that nobody counted',
      'I9',
      /deadLettered/,
      [accepted(1), started(1), ended(1, 'rejected'), dead(1)],
      { a: books(0, { dispatched: 1 }) },
    ],
    ['something pending that is none', 'I9', /says 1 dispatched/, [accepted(1), started(1), ended(1)], { a: books(1, { pending: 1 }) }],
  ])('%s', (_what, invariant, message, records, counters) => {
    const violation = check(records, counters);

    expect(violation?.invariant).toBe(invariant);
    expect(violation?.message).toMatch(message);
  });

  it('the first fault only, with the story of its event', () => {
    const violation = check([accepted(1), accepted(7), started(7), started(1), ended(1), started(1, 2), ended(7), started(7, 2)], {
      a: books(2),
    });

    expect(violation).toEqual({
      invariant: 'I4',
      message: 'event 1 of key k was first started in a after event 7',
      story: [
        'accepted 1, key k, lane 2, for a',
        'started 1 in a, attempt 1, worker 1',
        'accepted 7, key k, lane 2, for a',
        'started 7 in a, attempt 1, worker 1',
      ],
    });
  });
});
