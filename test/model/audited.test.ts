import { expect, test } from 'vitest';
import { defineEvent, matches, Type } from '../../src/event/index.ts';
import {
  ALL_EVENTS,
  AUDITED_TYPES,
  catalogueRetention,
  ExitDecisionMade,
  MarketCandleNew,
  MarketTickPrice,
  PolicyUpdated,
  PositionOpened,
  RegimeClassificationUpdate,
  RiskDailyStatusUpdate,
  RiskEvaluationComplete,
  RiskKillSwitchActivated,
  TradesOrderSubmitted,
  TradesRequestNew,
} from '../../src/model/index.ts';

const HOUR_MS = 3_600_000;

function isAudited(type: string): boolean {
  return AUDITED_TYPES.some((pattern) => matches(pattern, type));
}

test('the audit trail and every decision about risk, the kill switch and orders are audited; inputs and reports are not', () => {
  for (const { type } of ALL_EVENTS) {
    const isOrder = /^(audit|trades\.(order|request)|risk\.(evaluation|kill_switch))\./.test(type);
    if (isOrder) expect({ type, isAudited: isAudited(type) }).toEqual({ type, isAudited: true });
    const isInput = /^(market|regime|ensemble|performance|learning|health|signals?)\./.test(type);
    if (isInput) expect({ type, isAudited: isAudited(type) }).toEqual({ type, isAudited: false });
  }
  for (const { type } of [
    RiskEvaluationComplete,
    RiskKillSwitchActivated,
    TradesRequestNew,
    TradesOrderSubmitted,
    ExitDecisionMade,
    PolicyUpdated,
  ]) {
    expect(AUDITED_TYPES, type).toContain(type);
  }
  expect(isAudited('audit.made_up.later'), 'what is in no catalogue').toBe(true);
  expect(isAudited(RiskDailyStatusUpdate.type)).toBe(false);
  expect(AUDITED_TYPES.length).toBe(new Set(AUDITED_TYPES).size);
});

test('retention follows the catalogue: age and window, never for what stays for ever, never a window that is meant per key', () => {
  const { auditTypes, types } = catalogueRetention();

  expect(types[MarketCandleNew.type]).toEqual({ retentionMs: 24 * HOUR_MS, maxLength: 50_000 });
  expect(types[MarketTickPrice.type]).toEqual({ retentionMs: HOUR_MS });
  expect(types[RegimeClassificationUpdate.type]).toEqual({ retentionMs: 7 * 24 * HOUR_MS, maxLength: 10_000 });
  expect(types).not.toHaveProperty([PositionOpened.type]);
  expect(auditTypes).toBe(AUDITED_TYPES);
});

test('retention can go by age alone, takes limits of single types, and knows the types of an embedder', () => {
  const { type } = defineEvent('model_test.retained', { payload: Type.Object({}), retentionMs: 5000, maxLength: 3 });
  defineEvent('model_test.kept', { payload: Type.Object({}), maxLength: 3 });

  const { types } = catalogueRetention({ lengths: false, types: { [MarketCandleNew.type]: { retentionMs: 1, bytesMax: 1e6 } } });

  expect(types[type]).toEqual({ retentionMs: 5000 });
  expect(catalogueRetention().types[type]).toEqual({ retentionMs: 5000, maxLength: 3 });
  expect(types).not.toHaveProperty(['model_test.kept']);
  expect(types[MarketCandleNew.type]).toEqual({ retentionMs: 1, bytesMax: 1e6 });
});
