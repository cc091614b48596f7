import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventInput } from '../../../src/event/index.ts';
import { SignalCompleted, SignalGenerated, SignalStopped, SignalUpdated } from '../../../src/model/index.ts';
import { createSignalState, step } from '../../../src/trading/signal/index.ts';
import { candleAt, MINUTE_US, START_US, toEvent } from '../../support/chain.ts';
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

const MOVES = [
  'veto',
  'decline',
  'request',
  'deny',
  'log',
  'submit',
  'reject',
  'cancel',
  'fill',
  'open',
  'close',
  'candidate',
  'candle',
] as const;
const ENDS: readonly string[] = [SignalUpdated.type, SignalCompleted.type, SignalStopped.type];

/** Any order of any events, sensible or not, about a few signals. */
const histories = fc.array(fc.record({ move: fc.constantFrom(...MOVES), pick: fc.nat(), isLong: fc.boolean() }), { maxLength: 120 });

test('whatever happens in whatever order, each signal ends at most once, and is completed or stopped only by a closed position', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const state = createSignalState();
      const signals: string[] = [];
      const ends = new Map<string, number>();
      let minute = 0;

      const send = (input: EventInput): void => {
        const event = toEvent(input);
        for (const out of step(state, event)) {
          const { signal_id: id } = out.payload as { signal_id: string };
          if (out.type === SignalGenerated.type) signals.push(id);
          if (ENDS.includes(out.type)) ends.set(id, (ends.get(id) ?? 0) + 1);
          if (out.type === SignalCompleted.type || out.type === SignalStopped.type) expect(event.type).toBe('position.closed');
        }
        expect(step(state, event), 'a repeat').toEqual([]);
      };

      for (const { move, pick, isLong } of history) {
        const id = signals[pick % Math.max(signals.length, 1)] ?? 'sig_unknown';
        const direction = isLong ? 'LONG' : 'SHORT';
        const now = START_US + ++minute * MINUTE_US;
        const inputs: Record<(typeof MOVES)[number], () => EventInput> = {
          veto: () => evaluation(id, 'VETOED'),
          decline: () => noSignal(id),
          request: () => request(id, direction),
          deny: () => denied(id),
          log: () => logged(id),
          submit: () => submitted(id),
          reject: () => rejected(id),
          cancel: () => cancelled(id),
          fill: () => filled(id, 1, now),
          open: () => opened(`pos_${pick % 3}`, id, direction),
          close: () => closed(`pos_${pick % 3}`, { realized_pnl: isLong ? 1 : -1, exit_reason: 'time_exit' }, now),
          candidate: () => candidate({ action: isLong ? 'BUY' : 'SELL', strategy: `s${pick % 2}` }, now),
          candle: () => candleAt(minute, { close: 100 }),
        };
        send(inputs[move]());
      }

      for (const id of signals) expect(ends.get(id) ?? 0, id).toBeLessThanOrEqual(1);
    }),
    { numRuns: 300 },
  );
});

test('each signal ends exactly once when its order and its position come to their end', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ fate: fc.constantFrom('veto', 'reject', 'log', 'silence', 'trade'), isWin: fc.boolean() }), { maxLength: 30 }),
      (fates) => {
        const state = createSignalState();
        const ends: string[] = [];
        const signals: string[] = [];
        const send = (...inputs: EventInput[]): void => {
          for (const out of inputs.flatMap((input) => step(state, toEvent(input)))) {
            const { signal_id: id } = out.payload as { signal_id: string };
            if (out.type === SignalGenerated.type) signals.push(id);
            if (ENDS.includes(out.type)) ends.push(id);
          }
        };

        fates.forEach(({ fate, isWin }, n) => {
          send(candidate({ strategy: `s${n}` }, START_US));
          const id = signals.at(-1) as string;
          if (fate === 'veto') send(evaluation(id, 'VETOED'));
          if (fate === 'reject') send(request(id), submitted(id), rejected(id));
          if (fate === 'log') send(request(id), logged(id));
          const now = START_US + MINUTE_US;
          const close = closed(`pos_${n}`, { realized_pnl: isWin ? 1 : -1 }, now);
          if (fate === 'trade') send(request(id), submitted(id), filled(id), opened(`pos_${n}`, id), close);
        });
        send(candleAt(60, { close: 100 }));

        expect(ends.toSorted()).toEqual(signals.toSorted());
        expect(signals).toHaveLength(fates.length);
      },
    ),
    { numRuns: 100 },
  );
});
