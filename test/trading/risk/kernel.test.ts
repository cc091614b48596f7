import { describe, expect, test } from 'vitest';
import {
  MarketCalendarChanged,
  MarketFeedGap,
  MarketFeedRecovered,
  MarketQualityUpdate,
  OrchestratorPolicyUpdated,
  PolicyUpdated,
  RiskGovernorChanged,
  RiskKillSwitchActivated,
  SignalsAdvisoryNew,
  SystemHumanOverrideChanged,
  TradesReconciliationComplete,
  TradesReconciliationMismatch,
  type PolicyUpdatedPayload,
} from '../../../src/model/index.ts';
import { MODE_PRESETS, resolveRiskOptions } from '../../../src/trading/risk/index.ts';
import { Account, DAY_US, HOUR_US, SECOND_US } from './account.ts';

const policy: PolicyUpdatedPayload = {
  risk_mode: 'AGGRESSIVE',
  allowed_strategies: ['s1'],
  global_min_confidence: 0.6,
  max_risk_per_trade: 0.02,
  max_positions: 15,
  version: 1,
};

/** Daily closes of two symbols that have nothing to do with each other. */
function separate(account: Account, left: string, right: string, days = 40): void {
  for (let day = 0; day < days; day++) {
    account.now += DAY_US;
    account.candle(left, day % 2 === 0 ? 100 : 101, '1d');
    account.candle(right, day % 4 < 2 ? 100 : 101, '1d');
  }
}

describe('size', () => {
  test('is capped by the symbol limit and says so (W15)', () => {
    const account = new Account();

    const evaluation = account.signal();

    expect(evaluation.decision).toBe('MODIFIED');
    expect(evaluation.modifications).toEqual([{ cap: 'SYMBOL_EXPOSURE', from: 50, to: 10 }]);
    expect(evaluation.position_allowed).toMatchObject({ max_size: 10, max_risk_usd: 20, max_notional_usd: 1_000, size_multiplier: 1 });
    expect(Object.values(evaluation.risk_dimensions)).toEqual([true, true, true, true]);
  });

  test('is what the risk limit allows when no cap binds', () => {
    const account = new Account();

    const evaluation = account.signal({ entry_price: 10, stop_loss: 9.8, symbol: 'AAA' });
    const approved = new Account({ exposureCaps: 'off' }).signal();

    expect(evaluation.modifications?.[0]?.cap).toBe('SYMBOL_EXPOSURE');
    expect(approved).toMatchObject({ decision: 'APPROVED', position_allowed: { max_size: 50, max_risk_usd: 100 } });
  });

  test('treats a symbol of unknown correlation as the same risk (W15)', () => {
    const account = new Account();
    account.signal();

    const second = account.signal({ symbol: 'BBB' });

    expect(second.position_allowed?.max_size).toBe(5);
    expect(second.modifications).toEqual([{ cap: 'CORRELATED_EXPOSURE', from: 50, to: 5 }]);
  });

  test('gives an uncorrelated symbol its own room, until the total is used up (W15)', () => {
    const account = new Account();
    separate(account, 'AAA', 'BBB');
    account.signal();

    const second = account.signal({ symbol: 'BBB' });
    const third = account.signal({ symbol: 'CCC' });

    expect(second.position_allowed?.max_size).toBe(10);
    expect(third).toMatchObject({ decision: 'VETOED', veto_reason: 'SIZE_BELOW_MIN' });
    expect(third.risk_dimensions).toMatchObject({ drawdown_passed: true, trade_risk_passed: false });
  });

  test('puts symbols that move together into one bucket', () => {
    const account = new Account();
    for (let day = 0; day < 40; day++) {
      account.now += DAY_US;
      for (const symbol of ['AAA', 'BBB']) account.candle(symbol, day % 2 === 0 ? 100 : 101, '1d');
    }
    account.signal();

    expect(account.signal({ symbol: 'BBB' }).position_allowed?.max_size).toBe(5);
  });

  test('uses the smallest multiplier and never their product', () => {
    const wide = { dailyLossKillRatio: 0.5, dailyLossVetoRatio: 0.4, intradayDrawdownRatioMax: 0.5 };
    const account = new Account({ exposureCaps: 'off', limits: wide });
    const cautious = { level: 'CAUTIOUS', previous_level: 'NORMAL', size_multiplier: 0.75, leverage_multiplier: 0.75 } as const;
    account.send(RiskGovernorChanged, { ...cautious, exposure_multiplier: 0.85, allow_new_trades: true, breakers: [], reasons: [] });
    account.close(-600);

    expect(account.signal().position_allowed).toMatchObject({ size_multiplier: 0.75, max_size: 35.2 });
  });

  test('refuses what the venue would not take', () => {
    const account = new Account({ instruments: { AAA: { step: 0.1, minSize: 11 } } });

    expect(account.signal()).toMatchObject({ decision: 'VETOED', veto_reason: 'SIZE_BELOW_MIN' });
  });
});

describe('policy', () => {
  test('presets are the stricter of the documents', () => {
    expect(MODE_PRESETS).toEqual({
      DEFENSIVE: { maxRiskPerTradeRatio: 0.005, maxPositions: 3, minConfidenceRatio: 0.75 },
      NORMAL: { maxRiskPerTradeRatio: 0.01, maxPositions: 5, minConfidenceRatio: 0.65 },
      AGGRESSIVE: { maxRiskPerTradeRatio: 0.02, maxPositions: 5, minConfidenceRatio: 0.6 },
    });
  });

  test('an empty list of strategies allows none', () => {
    expect(new Account({ policy: { allowedStrategies: [] } }).signal().veto_reason).toBe('STRATEGY_NOT_ALLOWED');
  });

  test('an older version changes nothing', () => {
    const account = new Account({ exposureCaps: 'off' });
    account.send(PolicyUpdated, policy);
    account.send(PolicyUpdated, { ...policy, version: 3, max_risk_per_trade: 0.005 });
    account.send(PolicyUpdated, { ...policy, version: 2 });

    expect(account.signal()).toMatchObject({ policy_version: 3, position_allowed: { max_risk_usd: 50 } });
  });

  test('cannot raise the hard limits on positions and risk', () => {
    const account = new Account({ exposureCaps: 'off', limits: { riskPerTradeRatioMax: 0.015 } });
    account.send(PolicyUpdated, policy);

    const decisions = ['AAA', 'BBB', 'CCC', 'DDD'].map((symbol) => account.signal({ symbol }));

    expect(decisions[0]?.position_allowed?.max_risk_usd).toBe(150);
    expect(decisions[3]?.veto_reason).toBe('MAX_POSITIONS');
  });

  test('cannot lower the confidence floor below .6', () => {
    const account = new Account();
    account.send(PolicyUpdated, { ...policy, global_min_confidence: 0.55 });

    expect(account.signal({ confidence: 0.58 }).veto_reason).toBe('CONFIDENCE_LOW');
  });

  test('stance of the orchestrator and the governor refuse entries', () => {
    const stance = {
      allow_new_trades: false,
      risk_profile: 'NO_NEW_TRADES',
      risk_multiplier: 1,
      min_confidence: 0,
      entry_mode: 'NORMAL',
    } as const;
    const account = new Account();
    account.send(OrchestratorPolicyUpdated, { ...stance, exit_mode: 'FAST_TP', allowed_symbols: [], disallowed_symbols: [], note: '' });

    expect(account.signal().veto_reason).toBe('NO_NEW_TRADES');
  });
});

describe('order of checks', () => {
  test.each([
    [{ stop_loss: 102 }, 'STOP_WRONG_SIDE'],
    [{ stop_loss: 96.9 }, 'STOP_TOO_FAR'],
    [{ regime_fit: false }, 'REGIME_MISMATCH'],
    [{ recommended_action: 'NO_SIGNAL' as const }, 'NO_SIGNAL'],
    [{ symbol: 'ZZZ' }, 'SYMBOL_UNKNOWN'],
    [{ strategy_id: 'other' }, 'STRATEGY_NOT_ALLOWED'],
    [{ confidence: 0.64 }, 'CONFIDENCE_LOW'],
    [{ entry_price: Number.NaN }, 'NOT_FINITE'],
    [{ entry_price: -1 }, 'NEGATIVE'],
  ])('%o is vetoed with %s', (overrides, reason) => {
    expect(new Account().signal(overrides)).toMatchObject({ decision: 'VETOED', veto_reason: reason });
  });

  test('a signal without a stop is vetoed, one at exactly 3 % passes', () => {
    const { stop_loss: _none, ...stopless } = new Account().signalPayload();
    const account = new Account();
    account.candle('AAA');
    const [vetoed] = account.send(SignalsAdvisoryNew, stopless);

    expect(vetoed?.payload).toMatchObject({ decision: 'VETOED', veto_reason: 'STOP_MISSING' });
    expect(new Account().signal({ stop_loss: 97 }).decision).toBe('MODIFIED');
  });

  test('expires at the microsecond, not after it', () => {
    const account = new Account();

    expect(account.signal({ expires_at: account.now }).veto_reason).toBe('SIGNAL_EXPIRED');
    expect(account.signal({ expires_at: account.now + 1 }).decision).toBe('MODIFIED');
  });

  test('the first failure decides and the rest is not reached', () => {
    const account = new Account();
    account.close(-400);

    const evaluation = account.signal({ stop_loss: 102 });

    expect(evaluation.veto_reason).toBe('DAILY_NEAR_LIMIT');
    expect(evaluation.risk_dimensions).toEqual({
      system_integrity_passed: true,
      daily_risk_passed: false,
      drawdown_passed: false,
      trade_risk_passed: false,
    });
    expect(evaluation.checks.at(-1)).toMatchObject({ code: 'DAILY_NEAR_LIMIT', passed: false, value: -0.04, limit: -0.04 });
  });
});

describe('integrity', () => {
  test('live defaults need a preflight', () => {
    expect(new Account({ integrity: {} }).signal().veto_reason).toBe('PREFLIGHT');
    expect(resolveRiskOptions().integrity).toMatchObject({ dataAgeMsMax: 5_000, exitBrainSilenceMsMax: 5_000, preflightRequired: true });
  });

  test('old or unseen data is stale in logical time', () => {
    const account = new Account();
    const [unseen] = account.send(SignalsAdvisoryNew, account.signalPayload());
    account.candle('AAA');
    account.now += 61 * SECOND_US;
    const [old] = account.send(SignalsAdvisoryNew, account.signalPayload());

    for (const draft of [unseen, old]) expect(draft?.payload).toMatchObject({ veto_reason: 'DATA_STALE' });
  });

  test('a lost connection refuses every symbol until it is back', () => {
    const account = new Account();
    account.send(MarketFeedGap, { symbol: 'BBB', from: account.now, to: account.now, missing: 0, cause: 'DISCONNECT' });
    const during = account.signal();
    account.send(MarketFeedRecovered, { symbol: 'BBB', gap_from: account.now, gap_to: account.now, backfilled: 0, lost: 0 });

    expect(during.veto_reason).toBe('VENUE_DOWN');
    expect(account.signal().decision).toBe('MODIFIED');
  });

  test('quality below .95 vetoes, below .90 kills', () => {
    const account = new Account();
    account.send(MarketQualityUpdate, { symbol: 'AAA', quality: 0.94, age_ms: 0 });
    const vetoed = account.signal();
    account.send(MarketQualityUpdate, { symbol: 'AAA', quality: 0.9, age_ms: 0 });
    expect(account.kills()).toHaveLength(0);
    account.send(MarketQualityUpdate, { symbol: 'AAA', quality: 0.899, age_ms: 0 });

    expect(vetoed.veto_reason).toBe('DATA_QUALITY');
    expect(account.kills()).toMatchObject([{ trigger: 'data_integrity', trigger_value: 0.899, threshold: 0.9, unit: 'ratio' }]);
  });

  test('a mismatch above 1 % vetoes until a clean cycle', () => {
    const account = new Account();
    const mismatch = { symbol: 'BBB', local_size: 1, venue_size: 1, action: 'FIXED' } as const;
    account.send(TradesReconciliationMismatch, { ...mismatch, mismatch_percent: 0.5 });
    const small = account.signal();
    account.send(TradesReconciliationMismatch, { ...mismatch, mismatch_percent: 3, action: 'INVESTIGATE' });
    const large = account.signal({ symbol: 'CCC' });
    account.send(TradesReconciliationComplete, { symbols: 1, mismatches: 0, max_mismatch_percent: 0 });

    expect(small.decision).toBe('MODIFIED');
    expect(large.veto_reason).toBe('POSITION_MISMATCH');
    expect(account.signal({ symbol: 'CCC' }).veto_reason).not.toBe('POSITION_MISMATCH');
  });

  test('a no-trade window refuses, a conditional one yields to a human at half size and a tighter stop', () => {
    const account = new Account({ exposureCaps: 'off' });
    const window = { market: 'X', state: 'NO_TRADE', reason: 'CPI', until: account.now + HOUR_US } as const;
    account.send(MarketCalendarChanged, { ...window, severity: 'CONDITIONAL' });
    const refused = account.signal();
    account.send(SystemHumanOverrideChanged, { action: 'UNLOCK', scope: 'calendar:X', operator: 'op', justification: 'hedged' });
    const wide = account.signal({ stop_loss: 97.9 });
    const tight = account.signal();
    account.now += HOUR_US;

    expect([refused.veto_reason, wide.veto_reason]).toEqual(['NO_TRADE', 'STOP_TOO_FAR']);
    expect(tight.position_allowed).toMatchObject({ size_multiplier: 0.5, max_size: 25 });
    expect(account.signal({ symbol: 'BBB' }).position_allowed?.size_multiplier).toBe(1);
  });

  test('a human block holds until it is lifted', () => {
    const account = new Account();
    const change = { operator: 'op', justification: '' };
    account.send(SystemHumanOverrideChanged, { action: 'BLOCK_SYMBOL', scope: 'AAA', ...change });
    const blocked = account.signal();
    account.send(SystemHumanOverrideChanged, { action: 'UNLOCK', scope: 'AAA', ...change });

    expect(blocked.veto_reason).toBe('HUMAN_OVERRIDE');
    expect(account.signal().decision).toBe('MODIFIED');
  });
});

describe('guard', () => {
  test('one position per symbol, counting reserved ones', () => {
    const account = new Account();
    account.signal();

    expect(account.signal().veto_reason).toBe('POSITION_ALREADY_OPEN');
  });

  test('no re-entry in the same direction for four hours after a stop', () => {
    const account = new Account();
    account.close(-10, { symbol: 'AAA', exit_reason: 'stop' });
    account.now += 4 * HOUR_US - 1;
    const early = account.signal();
    const other = account.signal({ recommended_action: 'SHORT', stop_loss: 102 });
    account.now += 1;

    expect(early.veto_reason).toBe('REENTRY_AFTER_STOP');
    expect(other.decision).toBe('MODIFIED');
    expect(account.signal({ symbol: 'BBB' }).decision).toBe('MODIFIED');
  });

  test('ten entries a day, those not yet open included', () => {
    const account = new Account({ limits: { dailyTradesMax: 1 } });
    account.signal();

    expect(account.signal({ symbol: 'BBB' }).veto_reason).toBe('DAILY_TRADES');
  });
});

describe('delivery', () => {
  test('an event or a signal that comes twice is evaluated once', () => {
    const account = new Account();
    account.candle('AAA');
    const payload = account.signalPayload();
    const event = account.event(SignalsAdvisoryNew, payload);

    expect(account.deliver(event)).not.toHaveLength(0);
    expect(account.deliver(event)).toHaveLength(0);
    expect(account.send(SignalsAdvisoryNew, payload).filter((draft) => draft.type === 'risk.evaluation.complete')).toHaveLength(0);
  });

  test('the kill switch of another publisher refuses entries', () => {
    const account = new Account();
    account.send(RiskKillSwitchActivated, {
      trigger: 'manual',
      trigger_value: 1,
      threshold: 1,
      severity: 'CRITICAL',
      action_taken: '',
      human_override_required: true,
      unit: 'count',
      kill_switch_id: 'ks_test_1',
      latched_at: account.now,
      drill: false,
    });

    expect(account.signal().veto_reason).toBe('KILL_ACTIVE');
  });
});
