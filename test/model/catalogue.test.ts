import { describe, expect, test } from 'vitest';
import { EventDefinition } from '../../src/event/index.ts';
import * as model from '../../src/model/index.ts';
import { ALL_EVENTS, ALPHASTOCKS_NAMES, catalogueRows } from '../../src/model/index.ts';
import { TABLE } from './catalogue-table.ts';

// Names of the source documents that break the grammar and stay as they are.
const TWO_SEGMENTS = [
  'signal.generated',
  'signal.activated',
  'signal.updated',
  'signal.completed',
  'signal.stopped',
  'opportunities.updated',
  'trade.executed',
  'trade.exit',
  'order.placed',
  'order.filled',
  'order.cancelled',
  'order.rejected',
  'position.opened',
  'position.updated',
  'position.closed',
  'policy.updated',
  'strategy.promoted',
  'strategy.started',
  'strategy.stopped',
  'strategy.error',
  'model.promoted',
  'health.status_changed',
  'system.panic_close',
];
const DOMAINS = new Set(
  (
    'audit ensemble exit health learning market model opportunities orchestrator order performance policy position regime risk signal ' +
    'signals strategy system trade trades'
  ).split(' '),
);

const EXPORTED = model as unknown as Record<string, unknown>;

function toConstantName(type: string): string {
  return type
    .split(/[._]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

describe('the catalogue', () => {
  test('holds every type of the tables and no other', () => {
    expect(ALL_EVENTS.map((event) => event.type)).toEqual(TABLE.map((row) => row.type).toSorted());
  });

  test.each(TABLE)('gives $type its priority, key, retention and window', (row) => {
    const printed = catalogueRows(row.type);

    expect(printed).toHaveLength(1);
    expect(printed[0]).toMatchObject({ key: row.key, retention: row.keep === 'perm' ? 'forever' : row.keep });
    expect(printed[0]?.priority.charAt(0)).toBe(row.priority);
    expect(printed[0]?.window.split(' ')[0]).toBe(row.window === '∞' ? 'unlimited' : row.window);
  });

  test('spells types in three segments, but for the names of the source documents', () => {
    const others = ALL_EVENTS.map((event) => event.type).filter((type) => type.split('.').length !== 3);

    expect(others.toSorted()).toEqual(TWO_SEGMENTS.toSorted());
  });

  test('starts every type with a known domain and uses lower case, digits and underscores', () => {
    const types = ALL_EVENTS.map((event) => event.type);

    expect(types.filter((type) => !DOMAINS.has(type.split('.')[0] ?? ''))).toEqual([]);
    expect(types.filter((type) => !/^[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)+$/.test(type))).toEqual([]);
  });

  test('exports each type under its name in PascalCase', () => {
    const missing = ALL_EVENTS.filter((definition) => EXPORTED[toConstantName(definition.type)] !== definition);

    expect(missing).toEqual([]);
  });

  test('exports no definition under another name, but for the six classes of the source documents', () => {
    const aliases = Object.entries(EXPORTED)
      .filter(([name, value]) => value instanceof EventDefinition && toConstantName(value.type) !== name)
      .map(([name, value]) => [name, (value as EventDefinition).type]);

    expect(Object.fromEntries(aliases)).toEqual({
      PolicyUpdatedEvent: 'policy.updated',
      StrategyPromotedEvent: 'strategy.promoted',
      ModelPromotedEvent: 'model.promoted',
      HealthStatusChangedEvent: 'health.status_changed',
      OpportunitiesUpdatedEvent: 'opportunities.updated',
      TradeExecutedEvent: 'trade.executed',
    });
  });

  test('translates every event name of AlphaStocks', () => {
    const expected = Object.keys(ALPHASTOCKS_NAMES).map((name) => [name, name.toLowerCase().replace('_', '.')]);

    expect(ALPHASTOCKS_NAMES).toEqual(Object.fromEntries(expected));
    expect(Object.keys(ALPHASTOCKS_NAMES)).toHaveLength(14);
  });

  test('keeps decisions for audit for ever and without a bound', () => {
    expect(model.AuditDecisionLog.retentionMs).toBe('forever');
    expect(model.AuditDecisionLog.maxLength).toBe('unlimited');
  });

  test('keeps candles for a day in milliseconds', () => {
    expect(model.MarketCandleNew.retentionMs).toBe(86_400_000);
    expect(model.MarketCandleNew.maxLength).toBe(50_000);
  });

  test('lets only the owner of the account say what the drawdown is', () => {
    expect(model.RiskDailyStatusUpdate.publishers).toEqual(['risk_kernel']);
  });

  test('gives the order projection to no trading component', () => {
    const consumers = catalogueRows('order.*').map((row) => row.consumers);

    expect(consumers).toEqual([['notification'], ['notification'], ['notification'], ['notification']]);
  });

  test('leaves coalescing to the feed, so that no price is dropped on the bus', () => {
    expect(model.MarketTickPrice.rateLimit).toBeNull();
    expect(catalogueRows('market.tick.price')[0]?.rate).toContain('coalesced');
  });

  test('describes every type in one line', () => {
    expect(catalogueRows().filter((row) => !/^\S.{8,99}$/.test(row.description))).toEqual([]);
  });
});

describe('catalogueRows', () => {
  test('filters by pattern', () => {
    expect(catalogueRows('trade.*').map((row) => row.type)).toEqual(['trade.executed', 'trade.exit']);
    expect(catalogueRows()).toHaveLength(ALL_EVENTS.length);
  });

  test('prints fields with their kind in wire order', () => {
    expect(catalogueRows('signals.advisory.error')[0]?.fields).toEqual(['context: code', 'error: str', 'action: "NO_SIGNAL"']);
    expect(catalogueRows('position.closed')[0]?.fields.at(-1)).toBe(
      'option?: { exit_premium: num, realized_pnl_pct: pct, holding_duration_seconds: seconds }',
    );
  });

  test('leaves no field without a kind', () => {
    const fields = catalogueRows().flatMap((row) => row.fields);

    expect(fields.filter((field) => /undefined|: (string|number|integer|boolean|object)\b/.test(field))).toEqual([]);
  });

  test('refuses what is no pattern', () => {
    expect(() => catalogueRows('Trade.*')).toThrow(expect.objectContaining({ code: 'QT_EVENT_TOPIC_INVALID' }));
  });
});
