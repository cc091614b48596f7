import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/index.ts';
import type { EventInput, HandlerContext, QtEvent } from '../../../src/event/index.ts';
import { MarketTickPrice, PositionOpened } from '../../../src/model/index.ts';
import { exitBrainComponent, resolveExitBrainOptions } from '../../../src/trading/exit/index.ts';
import { onEvent, setup } from '../../../src/trading/exit/handler.ts';

describe('exit brain component', () => {
  it('shares market data by symbol and hears everything about positions and the account everywhere', () => {
    const { broadcast, name, owner, patterns } = exitBrainComponent();

    expect({ name, owner }).toEqual({ name: 'exit_brain', owner: 'symbol' });
    expect(patterns).toContain('market.candle.new');
    expect(broadcast).toEqual(expect.arrayContaining(['position.closed', 'risk.kill_switch.activated', 'risk.daily_status.update']));
    expect(patterns.filter((type) => broadcast.includes(type))).toEqual([]);
  });

  it('names a handler module that publishes what the core decides', () => {
    const published: EventInput[] = [];
    const state = setup(exitBrainComponent().options, { group: 'exit_brain', member: 0, logger: silentLogger });
    const ctx = { state, publish: (event: EventInput) => published.push(event) } as unknown as HandlerContext<typeof state>;
    const events = [
      MarketTickPrice.create({ symbol: 'XYZ', price: 97 }),
      PositionOpened.create({
        position_id: 'pos_1',
        symbol: 'XYZ',
        direction: 'LONG',
        size: 1,
        entry_price: 97,
        stop_loss: 98,
        risk_amount: null,
      }),
    ];

    for (const [index, { payload, type }] of events.entries()) {
      onEvent({ type, payload, seq: index + 1, timestamp: 1, key: 'XYZ' } as unknown as QtEvent, ctx);
    }

    expect(published.map(({ priority, type }) => `${type} ${priority ?? ''}`)).toEqual([
      'exit.stop.triggered ',
      'exit.decision.made CRITICAL',
    ]);
  });

  it.each([
    [{ time: { extendedUs: -1 } }, 'time.extendedUs'],
    [{ capital: { halvePct: 101 } }, 'capital.halvePct'],
    [{ capital: { dailyHalvePct: 4 } }, 'capital.dailyHalvePct'],
    [{ lossCut: { lossPct: Number.NaN } }, 'lossCut.lossPct'],
    [
      {
        ladder: [
          { atR: 2, exitPct: 50 },
          { atR: 1, exitPct: 50 },
        ],
      },
      'ladder[1].atR',
    ],
    [{ barConvention: 'both' as 'stop_then_ratchet' }, 'barConvention'],
  ])('refuses %o by the name of the field', (options, field) => {
    expect(() => resolveExitBrainOptions(options)).toThrow(
      expect.objectContaining({ code: 'QT_OPTION_INVALID', message: expect.stringContaining(field) }),
    );
  });

  it('keeps the other defaults of a group given in part, and turns off one given as null', () => {
    const options = resolveExitBrainOptions({ time: { extendAtR: 2, chaotic: { calmUs: 1 } }, regime: null });

    expect(options.time).toMatchObject({ extendAtR: 2, alertRatio: 0.8, chaotic: { calmUs: 1, volatileUs: 43_200_000_000 } });
    expect(options.regime).toBeNull();
  });
});
