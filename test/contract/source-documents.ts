import { describe, expect, it } from 'vitest';
import {
  HealthStatus,
  HealthStatusChanged,
  ModelPromoted,
  OpportunitiesUpdated,
  PolicyUpdated,
  RiskMode,
  StrategyLifecycle,
  StrategyPromoted,
  TradeExecuted,
  type QtEvent,
} from '../../src/index.ts';
import { SharedLog } from '../support/shared-log.ts';
import { scripted, step, steps } from '../support/steps.ts';
import type { CreateBus } from './bus-contract.ts';

const policy = {
  risk_mode: RiskMode.DEFENSIVE,
  allowed_strategies: ['strat1'],
  global_min_confidence: 0.7,
  max_risk_per_trade: 0.01,
  max_positions: 3,
};
const trade = {
  order_id: 'o-1',
  symbol: 'BTCUSDT',
  side: 'BUY',
  size: 0.5,
  price: 40_000,
  strategy_id: 's-1',
  model: 'm-1',
  pnl: null,
} as const;
const promotion = {
  strategy_id: 's-1',
  from_stage: StrategyLifecycle.SHADOW,
  to_stage: StrategyLifecycle.LIVE,
  reason: 'good',
  metrics: {},
};

/** The eighteen behaviours of the original in-memory bus of the source documents. */
export function sourceContract(create: CreateBus): void {
  describe('as the source documents say', () => {
    it('an event has a type, a timestamp and a payload', async () => {
      const bus = create();
      await bus.start();

      await bus.publish({ type: 'test.event', timestamp: 1_700_000_000_000_000, payload: { key: 'value' } });
      const [event] = bus.getHistory();

      expect(event).toMatchObject({ type: 'test.event', timestamp: 1_700_000_000_000_000, payload: { key: 'value' } });
    });

    it('PolicyUpdated.create makes a policy event', () => {
      const event = PolicyUpdated.create(policy);

      expect(event).toMatchObject({ type: 'policy.updated', payload: { risk_mode: 'DEFENSIVE', max_positions: 3 } });
    });

    it('StrategyPromoted.create makes a strategy event', () => {
      const event = StrategyPromoted.create(promotion);

      expect(event).toMatchObject({ type: 'strategy.promoted', payload: { from_stage: 'SHADOW', to_stage: 'LIVE' } });
    });

    it('ModelPromoted, HealthStatusChanged, OpportunitiesUpdated and TradeExecuted have factories', () => {
      const versions = { model_name: 'xgboost', old_version: 'v1', new_version: 'v2', metrics: {}, shadow_performance: {} };
      const types = [
        ModelPromoted.create(versions).type,
        OpportunitiesUpdated.create({ top_symbols: ['BTCUSDT'], scores: { BTCUSDT: 0.9 }, criteria: {}, excluded_count: 2 }).type,
        TradeExecuted.create(trade).type,
        HealthStatusChanged.type,
      ];

      expect(types).toEqual(['model.promoted', 'opportunities.updated', 'trade.executed', 'health.status_changed']);
    });

    it('a published event reaches its subscriber', async () => {
      const bus = create();
      const received: QtEvent[] = [];
      bus.subscribe('test.event', (event) => received.push(event));
      await bus.start();

      await bus.publish({ type: 'test.event', payload: { key: 'value' } });
      await bus.drain();

      expect(received.map((event) => event.payload)).toEqual([{ key: 'value' }]);
    });

    it('several handlers of one type each get the event', async () => {
      const bus = create();
      const received: string[] = [];
      for (const name of ['a', 'b', 'c']) bus.subscribe('test.event', () => received.push(name));
      await bus.start();

      await bus.publish({ type: 'test.event', payload: {} });
      await bus.drain();

      expect(received.toSorted()).toEqual(['a', 'b', 'c']);
    });

    it('events go only to handlers of their type', async () => {
      const bus = create();
      const received: string[] = [];
      bus.subscribe('type.a', (event) => received.push(`a:${event.type}`));
      bus.subscribe('type.b', (event) => received.push(`b:${event.type}`));
      await bus.start();

      await bus.publishBatch([
        { type: 'type.a', payload: {} },
        { type: 'type.b', payload: {} },
        { type: 'type.c', payload: {} },
      ]);
      await bus.drain();

      expect(received.toSorted()).toEqual(['a:type.a', 'b:type.b']);
    });

    it('an unsubscribed handler gets nothing more', async () => {
      const bus = create();
      let received = 0;
      const subscription = bus.subscribe('test.event', () => received++);
      await bus.start();
      await bus.publish({ type: 'test.event', payload: {} });
      await bus.drain();

      subscription.unsubscribe();
      await bus.publish({ type: 'test.event', payload: {} });
      await bus.drain();

      expect(received).toBe(1);
    });

    it('a synchronous handler is supported, in a module off the loop', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'sync' });
      await bus.start();

      await bus.publish(step(1));
      await bus.drain();

      expect(log.ids()).toEqual([1]);
    });

    it('an asynchronous handler is awaited', async () => {
      const bus = create();
      let finished = 0;
      bus.subscribe('test.event', async () => {
        await new Promise(setImmediate);
        finished++;
      });
      await bus.start();

      await bus.publish({ type: 'test.event', payload: {} });
      await bus.drain();

      expect(finished).toBe(1);
    });

    it('an error in one handler does not reach the others', async () => {
      const bus = create();
      let received = 0;
      bus.subscribe(
        'test.event',
        () => {
          throw new Error('handler error');
        },
        { retry: { maxRetries: 0 } },
      );
      bus.subscribe('test.event', () => received++);
      await bus.start();

      await bus.publish({ type: 'test.event', payload: {} });
      await bus.drain();

      expect(received).toBe(1);
      expect(bus.getStats().errors).toBe(1);
    });

    it('the bus goes on after an error', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g', retry: { maxRetries: 0 } });
      await bus.start();

      await bus.publishBatch([step(1), step(2, { script: ['throw'] }), step(3)]);
      await bus.drain();

      expect(log.ids()).toEqual([1, 2, 3]);
      expect(bus.getStats().perGroup['g']).toMatchObject({ acknowledged: 2, deadLettered: 1 });
    });

    it('statistics count publications, deliveries, errors and handlers', async () => {
      const bus = create();
      bus.subscribe('test.a', () => {});
      bus.subscribe('test.a', () => {});
      bus.subscribe(
        'test.b',
        () => {
          throw new Error('handler error');
        },
        { retry: { maxRetries: 0 } },
      );
      await bus.start();

      await bus.publishBatch([
        { type: 'test.a', payload: {} },
        { type: 'test.b', payload: {} },
      ]);
      await bus.drain();

      expect(bus.getStats()).toMatchObject({ published: 2, dispatched: 3, errors: 1, queueSize: 0, handlerTypes: 2, totalHandlers: 3 });
    });

    it('a policy update reaches orchestrator and risk guard', async () => {
      const bus = create();
      const state = { orchestrator: '', riskGuard: 0 };
      bus.subscribe(PolicyUpdated, (event) => (state.orchestrator = event.payload.risk_mode), { group: 'orchestrator' });
      bus.subscribe(PolicyUpdated, (event) => (state.riskGuard = event.payload.max_risk_per_trade), { group: 'risk_guard' });
      await bus.start();

      await bus.publish(PolicyUpdated.create(policy));
      await bus.drain();

      expect(state).toEqual({ orchestrator: 'DEFENSIVE', riskGuard: 0.01 });
    });

    it('a health alert reaches the notifier', async () => {
      const bus = create();
      const alerts: string[] = [];
      bus.subscribe(HealthStatusChanged, async ({ payload }) => {
        await Promise.resolve();
        if (payload.new_status === HealthStatus.CRITICAL) alerts.push(`${payload.component}: ${payload.reason}`);
      });
      await bus.start();

      const draft = { old_status: HealthStatus.HEALTHY, component: 'DrawdownGuard', reason: 'daily drawdown', metrics: { dd: -5.2 } };
      await bus.publish(HealthStatusChanged.create({ ...draft, new_status: HealthStatus.CRITICAL }));
      await bus.drain();

      expect(alerts).toEqual(['DrawdownGuard: daily drawdown']);
    });

    it('a high volume arrives whole', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g' });
      await bus.start();

      await bus.publishBatch(steps(5000, (id) => ({ symbol: `S${id % 20}` })));
      await bus.drain();

      expect(new Set(log.ids()).size).toBe(5000);
      expect(log.length).toBe(5000);
    });

    it('an event without subscribers is accepted', async () => {
      const bus = create();
      await bus.start();

      const receipt = await bus.publish({ type: 'nobody.cares', payload: {} });
      await bus.drain();

      expect(receipt).toEqual({ seq: 1, level: 'memory' });
      expect(bus.getStats()).toMatchObject({ published: 1, dispatched: 0 });
    });

    it('a subscription made before the start works', async () => {
      const bus = create();
      const log = new SharedLog();
      let received = 0;
      bus.subscribe('contract.step', () => received++);
      bus.subscribe('contract.step', scripted(log));
      await bus.start();

      await bus.publish(step(1));
      await bus.drain();

      expect([received, log.length]).toEqual([1, 1]);
    });
  });
}
