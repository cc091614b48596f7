import { beforeEach, describe, expect, test } from 'vitest';
import type { EventInput } from '../../../src/event/index.ts';
import { SignalActivated, SignalCompleted, SignalGenerated, SignalStopped, SignalUpdated } from '../../../src/model/index.ts';
import {
  createSignalState,
  MemorySignalStore,
  signalComponent,
  step,
  type SignalRecord,
  type SignalState,
  type SignalStore,
} from '../../../src/trading/signal/index.ts';
import { candleAt, DAY_US, MINUTE_US, START_US, toEvent } from '../../support/chain.ts';
import {
  cancelled,
  candidate,
  closed,
  denied,
  evaluation,
  filled,
  logged,
  noSignal,
  opened,
  rejected,
  request,
  submitted,
} from './fixture.ts';

let state: SignalState;

const send = (...inputs: EventInput[]): EventInput[] => inputs.flatMap((input) => step(state, toEvent(input)));
const typesOf = (outputs: EventInput[]): string[] => outputs.map((out) => out.type);

/** Makes a signal and gives its id. */
function generate(...args: Parameters<typeof candidate>): string {
  const [out] = send(candidate(...args));
  if (out === undefined) throw new Error('no signal');
  return (out.payload as { signal_id: string }).signal_id;
}

beforeEach(() => {
  state = createSignalState();
});

describe('a candidate', () => {
  test('becomes a signal with an id that follows from its event', () => {
    const event = toEvent(candidate(), { seq: 1_000_001 });

    const [out] = step(state, event);

    expect(out).toMatchObject({ type: SignalGenerated.type, payload: { signal_id: 'sig_1000001_0', strategy: 'trend', stop_loss: 98 } });
  });

  test('is dropped when it says the same again between stop and target', () => {
    generate();

    expect(send(candidate({ entry_price: 101 }))).toEqual([]);
  });

  test('is a new signal when the price has passed the stop or the target before it', () => {
    generate();

    expect(typesOf(send(candidate({ entry_price: 104, stop_loss: 102, target: 108 })))).toEqual([SignalGenerated.type]);
    expect(typesOf(send(candidate({ entry_price: 101.9, stop_loss: 100, target: 106 })))).toEqual([SignalGenerated.type]);
  });

  test('is a new signal when it reverses, and back', () => {
    generate();

    expect(typesOf(send(candidate({ action: 'SELL' }), candidate()))).toEqual([SignalGenerated.type, SignalGenerated.type]);
  });

  test('is a new signal on another symbol or of another strategy', () => {
    generate();

    expect(send(candidate({ symbol: 'ETHUSDT' }), candidate({ strategy: 'rsi' }))).toHaveLength(2);
  });

  test('is a new signal on the next trading day of the zone, not at midnight elsewhere', () => {
    // 23:59 and 00:01 in New York are 04:59 and 05:01 UTC.
    const evening = Date.UTC(2023, 10, 15, 4, 59) * 1_000;
    const utcMidnight = Date.UTC(2023, 10, 15, 0, 1) * 1_000;
    state = createSignalState({ dayZone: 'America/New_York' });
    generate({}, utcMidnight - 2 * MINUTE_US);

    expect(send(candidate({}, utcMidnight), candidate({}, evening))).toEqual([]);
    expect(send(candidate({}, evening + 2 * MINUTE_US))).toHaveLength(1);
  });

  test('is dropped when the store fails, for unknown counts as known (C29)', () => {
    class BrokenStore extends MemorySignalStore {
      override save(_: SignalRecord): void {
        throw new Error('disk full');
      }
    }
    state = createSignalState({}, new BrokenStore());

    expect(send(candidate())).toEqual([]);
    expect(state.storeErrors).toBe(1);
  });

  test('is stored before it is published', () => {
    const saved: SignalRecord[] = [];
    const store: SignalStore = { latest: () => undefined, save: (record) => void saved.push(record) };
    state = createSignalState({}, store);

    const id = generate();

    expect(saved.map(({ signalId, status }) => [signalId, status])).toEqual([[id, 'NEW']]);
  });

  test('delivered twice gives one signal', () => {
    const event = toEvent(candidate());

    expect(step(state, event)).toHaveLength(1);
    expect(step(state, event)).toEqual([]);
  });
});

describe('a signal without a position ends', () => {
  const statusOf = (outputs: EventInput[]): unknown => outputs.map((out) => (out.payload as { updates?: unknown }).updates ?? out.type);

  test('VETOED when the advisory declines, saying which gate', () => {
    const outputs = send(noSignal(generate()));

    expect(statusOf(outputs)).toEqual([{ status: 'VETOED' }]);
    expect(outputs[0]).toMatchObject({ type: SignalUpdated.type, payload: { metadata: { symbol: 'BTCUSDT', gate: 'edge_score' } } });
  });

  test('VETOED when the risk kernel vetoes, not when it approves', () => {
    const id = generate();

    expect(send(evaluation(id, 'APPROVED'))).toEqual([]);
    expect(statusOf(send(evaluation(id, 'VETOED')))).toEqual([{ status: 'VETOED' }]);
  });

  test('VETOED when the guard denies its request', () => {
    const id = generate();

    expect(statusOf(send(request(id), denied(id)))).toEqual([{ status: 'VETOED' }]);
  });

  test('LOGGED when orders are only logged (C31)', () => {
    const id = generate();

    expect(statusOf(send(request(id), logged(id)))).toEqual([{ status: 'LOGGED' }]);
  });

  test('EXPIRED when its entry is rejected or cancelled without a fill (C54)', () => {
    const first = generate();
    expect(statusOf(send(request(first), submitted(first), rejected(first)))).toEqual([SignalActivated.type, { status: 'EXPIRED' }]);

    const second = generate({ action: 'SELL' });
    expect(statusOf(send(request(second), submitted(second), cancelled(second)))).toEqual([SignalActivated.type, { status: 'EXPIRED' }]);
  });

  test('not yet when its order is only replaced', () => {
    const id = generate();

    expect(typesOf(send(request(id), submitted(id), cancelled(id, 'REPLACED')))).toEqual([SignalActivated.type]);
  });

  test('EXPIRED when no order came within its lifetime', () => {
    generate({}, START_US);

    const early = send(candleAt(3, { close: 100 }));
    const late = send(candleAt(4, { close: 100 }));

    expect(early).toEqual([]);
    expect(statusOf(late)).toEqual([{ status: 'EXPIRED' }]);
  });

  test('EXPIRED after a whole bar at the earliest, however short its lifetime', () => {
    generate({ timeframe: '1d' }, START_US);

    expect(send(candleAt(600, { close: 100 }))).toEqual([]);
    expect(statusOf(send(candleAt(0, { close: 100 }, DAY_US)))).toEqual([{ status: 'EXPIRED' }]);
  });

  test('and then nothing that comes late is heard', () => {
    const id = generate();
    send(evaluation(id, 'VETOED'));

    expect(send(evaluation(id, 'VETOED'), noSignal(id), request(id), submitted(id), filled(id))).toEqual([]);
  });
});

describe('a signal with a position', () => {
  const enter = (id: string, position = 'pos_1'): EventInput[] => send(request(id), submitted(id), filled(id), opened(position, id));

  test('is activated once, by its entry order', () => {
    const id = generate();

    const outputs = send(request(id), submitted(id), submitted(id), filled(id), opened('pos_1', id), submitted(id, 'EXIT'));

    expect(outputs).toHaveLength(1);
    expect(outputs[0]).toMatchObject({
      type: SignalActivated.type,
      payload: { signal_id: id, order_id: `o_${id}`, price: 100, quantity: 1 },
    });
  });

  test.each([
    ['take_profit', 4, SignalCompleted.type],
    ['stop', -2, SignalStopped.type],
    ['stop', 1, SignalStopped.type],
    ['time_exit', 0.5, SignalCompleted.type],
    ['time_exit', 0, SignalStopped.type],
    ['kill_switch', -1, SignalStopped.type],
  ])('closed by %s with %d ends as %s and keeps the reason', (reason, pnl, type) => {
    const id = generate();
    enter(id);

    const outputs = send(closed('pos_1', { exit_reason: reason, realized_pnl: pnl }));

    expect(outputs).toHaveLength(1);
    expect(outputs[0]).toMatchObject({
      type,
      payload: { signal_id: id, exit_reason: reason, profit_loss: pnl, metadata: { symbol: 'BTCUSDT' } },
    });
  });

  test('is not ended by a late veto or by the rest of its order being cancelled', () => {
    const id = generate();
    enter(id);

    expect(send(evaluation(id, 'VETOED'), cancelled(id), rejected(id))).toEqual([]);
  });

  test('shares the result with the signals that added to the position', () => {
    const first = generate();
    enter(first);
    const second = generate({ strategy: 'rsi' });
    send(request(second), submitted(second), filled(second, 3));

    const outputs = send(closed('pos_1', { realized_pnl: 8 }));

    expect(outputs.map((out) => (out.payload as { profit_loss: number }).profit_loss)).toEqual([2, 6]);
  });

  test('reversed by another signal ends, and the other lives on with its own position', () => {
    const long = generate();
    enter(long);
    const short = generate({ action: 'SELL' });
    const later = START_US + MINUTE_US;
    send(request(short, 'SHORT'), submitted(short), filled(short, 2, later));

    const ended = send(closed('pos_1', { exit_reason: 'human', realized_pnl: -1 }, later), opened('pos_2', short, 'SHORT'));
    const rest = send(closed('pos_2', { direction: 'SHORT' }, later + MINUTE_US));

    expect(ended.map((out) => [out.type, (out.payload as { signal_id: string }).signal_id])).toEqual([[SignalStopped.type, long]]);
    expect(rest.map((out) => [out.type, (out.payload as { signal_id: string }).signal_id])).toEqual([[SignalCompleted.type, short]]);
  });

  test('that only reduced a position ends with it', () => {
    const long = generate();
    enter(long);
    const short = generate({ action: 'SELL' });
    send(request(short, 'SHORT'), submitted(short), filled(short, 0.5));

    expect(send(closed('pos_1', {}, START_US + MINUTE_US))).toHaveLength(2);
  });
});

test('the component hears every evaluation, since those are ordered by account', () => {
  expect(signalComponent()).toMatchObject({ name: 'signal_manager', owner: 'symbol', broadcast: ['risk.evaluation.complete'] });
});
