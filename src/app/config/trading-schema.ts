import { Type } from '../../event/index.ts';
import { BUILT_IN_STRATEGIES } from '../../trading/strategy/index.ts';
import { choice, duration, entry, flag, integer, list, number, numberOrNull, section } from './fields.ts';
import type { Profile } from './schema.ts';

// The steps of the constitution, made for positions of hours.
const MINUTE_LADDER = [
  { atR: 1, exitPct: 40 },
  { atR: 1.5, exitPct: 50 },
  { atR: 2, exitPct: 100 },
];
const MINUTE_TRAILING = [
  { fromR: 1, distancePct: 2 },
  { fromR: 1.5, distancePct: 1.5 },
  { fromR: 2, distancePct: 1 },
];
// A day moves an index by about 1.2 %, so a trend of weeks needs the room of three days' range and no early end.
const DAILY_LADDER = [
  { atR: 2, exitPct: 33 },
  { atR: 4, exitPct: 50 },
];
const DAILY_TRAILING = [
  { fromR: 1, distancePct: 4 },
  { fromR: 2, distancePct: 3.5 },
  { fromR: 3, distancePct: 3 },
];

/** The parameters of the trend strategy as they are written into a new file. */
function trendParameters(): Record<string, number> {
  const specs = Object.entries(BUILT_IN_STRATEGIES['trend']?.parameters ?? {});
  return Object.fromEntries(specs.map(([name, { default: value }]) => [name, value]));
}

export function strategyFields(profile: Profile) {
  const isDaily = profile === 'daily';
  const setting = entry({
    kind: Type.String({ minLength: 1 }),
    id: Type.Optional(Type.String({ minLength: 1 })),
    stage: Type.Optional(Type.Enum(['SHADOW', 'LIVE'])),
    parameters: Type.Optional(Type.Record(Type.String(), Type.Number())),
    regimes: Type.Optional(Type.Array(Type.Enum(['TRENDING', 'RANGING', 'CHAOTIC']))),
    module: Type.Optional(Type.String({ minLength: 1 })),
  });
  return {
    strategies: list('What proposes trades: trend, rsi, macd, bollinger, ema_cross, breakout, or a module of your own.', setting, [
      { kind: 'trend', parameters: trendParameters() },
    ]),
    stops: section('The stop and target of every proposal.', {
      atrMultiple: number('Distance of the stop from the close.', isDaily ? 2 : 3, { min: 0.01, max: 100, unit: 'ATR of 14 bars' }),
      distancePctMax: number('Largest distance of the stop; beyond 3 the risk kernel refuses.', 3, {
        min: 0.001,
        max: 3,
        unit: 'percent of the close',
      }),
      targetR: number('Distance of the target.', 2, { min: 0.01, max: 100, unit: 'multiples of the stop distance' }),
    }),
  };
}

export function adviceFields(profile: Profile) {
  const isDaily = profile === 'daily';
  return {
    regime: section('How the state of a market is told.', {
      period: integer('Period of ATR and ADX.', 14, { min: 2, max: 200, unit: 'bars' }),
      adxEnter: number('ADX that makes a trend.', 25, { min: 0, max: 100, unit: 'ADX' }),
      adxLeave: number('ADX below which a trend may end.', 20, { min: 0, max: 100, unit: 'ADX' }),
      confirmCandles: integer('Candles in a row that a new state needs.', 3, { min: 1, max: 100, unit: 'bars' }),
      volume24hMin: number('Traded value of a day below which a market is thin.', isDaily ? 2_000_000 : 0, {
        min: 0,
        max: 1e15,
        unit: 'quote currency',
      }),
    }),
    advisory: section('The scoring of proposals.', {
      candlesMin: integer('Candles that must have been seen first.', 100, { min: 1, max: 100_000, unit: 'bars' }),
      marketAgeMax: duration('Oldest market data that a proposal may rest on.', isDaily ? '4d' : '60s'),
      lifetime: duration('How long advice is good; its confidence falls with each fifth.', isDaily ? '4d' : '300s'),
    }),
  };
}

export function riskFields(profile: Profile) {
  const isDaily = profile === 'daily';
  const ratio = (min: number) => ({ min, max: 1, unit: 'share of equity' });
  return {
    risk: section('Limits of the account, fixed while it runs.', {
      mode: choice('Preset of risk per trade, positions and confidence: .5 %, 1 % or 2 % of equity.', 'NORMAL', [
        'DEFENSIVE',
        'NORMAL',
        'AGGRESSIVE',
      ]),
      perTradeMax: number('Largest risk of one trade.', 0.02, ratio(0.000001)),
      positionsMax: integer('Most positions at a time.', 3, { min: 1, max: 100, unit: 'positions' }),
      symbolExposureMax: number('Largest exposure of one symbol.', isDaily ? 0.5 : 0.1, ratio(0.000001)),
      totalExposureMax: number('Largest exposure of all symbols.', isDaily ? 0.5 : 0.2, ratio(0.000001)),
      correlatedExposureMax: number('Largest exposure of symbols that move together.', isDaily ? 0.5 : 0.15, ratio(0.000001)),
      stopDistanceMax: number('Largest distance of a stop.', 0.03, { min: 0.000001, max: 1, unit: 'share of the entry price' }),
      dailyLossVeto: number('Loss of a day that refuses entries.', 0.04, ratio(0.000001)),
      dailyLossKill: number('Loss of a day that kills.', 0.05, ratio(0.000001)),
      dailyTradesMax: integer('Most entries of a day.', 10, { min: 1, max: 1_000_000, unit: 'entries' }),
      intradayDrawdownMax: number('Fall from the highest equity of the day that refuses entries.', 0.06, ratio(0.000001)),
      drawdownReduce: number('Drawdown from which entries are smaller.', 0.05, ratio(0.000001)),
      drawdownVeto: number('Drawdown that refuses entries.', 0.08, ratio(0.000001)),
      drawdownKill: number('Drawdown that kills.', 0.2, ratio(0.000001)),
      lossStreakKill: integer('Losing trades in a row that kill.', 10, { min: 1, max: 1_000_000, unit: 'trades' }),
      flashCrash: number('Move within an hour, with a position, that kills.', 0.1, { min: 0.000001, max: 1, unit: 'ratio' }),
      blackSwan: number('Move within a day, with a position, that kills.', 0.2, { min: 0.000001, max: 1, unit: 'ratio' }),
      notionalMax: numberOrNull('Largest value of one trade; null for none.', null, { min: 0.01, max: 1e12, unit: 'account currency' }),
      reentryPause: duration('No entry in the same direction for so long after a stop.', isDaily ? '5d' : '4h'),
      allowAdds: flag('Whether a winning position may be added to.', false),
    }),
  };
}

export function sizingFields() {
  return {
    sizing: section('How much is traded.', {
      method: choice('fixed_risk, kelly (a quarter, after 30 trades) or vol_target.', 'fixed_risk', ['fixed_risk', 'kelly', 'vol_target']),
      caps: choice('Margin caps of the capital levels, 2 to 5 % of equity; off is for backtest and paper.', 'off', ['on', 'off']),
      fee: number('Expected fee of one side.', 0, { min: 0, max: 1, unit: 'share of the value' }),
      volatilityTarget: number('Yearly volatility that vol_target aims at.', 0.2, { min: 0, max: 1, unit: 'ratio' }),
    }),
  };
}

export function executionFields(profile: Profile) {
  const isDaily = profile === 'daily';
  return {
    execution: section('The simulated venue.', {
      inBar: choice('Which of several triggers inside one bar comes first; worst: stops first.', 'worst', [
        'worst',
        'ohlc',
        'olhc',
        'adaptive',
      ]),
      spreadBps: number('Full spread while no book is known.', 2, { min: 0, max: 1000, unit: 'basis points' }),
      slippage: choice('Model of slippage.', 'fixed', ['none', 'fixed', 'atr', 'volume_share']),
      slippageBps: number('Slippage of a market order in the fixed model.', 2, { min: 0, max: 1000, unit: 'basis points' }),
      participationMax: number('Largest share of the volume of a bar that our orders may take.', 0.1, { min: 1e-9, max: 1, unit: 'ratio' }),
      touch: number('Chance that a limit fills when the price only touches it.', 0, { min: 0, max: 1, unit: 'ratio' }),
      entryTolerance: number('How far beyond its price a limit entry may go.', 0.001, { min: 0, max: 0.1, unit: 'share of the price' }),
      entryLifetime: duration('How long an entry works; at least one bar.', '30s'),
      priceAwayMax: number('Largest distance of an order from the last price.', 0.01, { min: 0.0001, max: 1, unit: 'ratio' }),
      stopWait: duration('How long a stop at the venue is given to fill after it was hit; at least one bar.', isDaily ? '1d' : '2s'),
    }),
  };
}

export function exitFields(profile: Profile) {
  const isDaily = profile === 'daily';
  const percent = { min: 0, max: 100, unit: 'percent' };
  const age = (of: string, days: string, hours: string) => duration(`Longest age of a position in a ${of} market.`, isDaily ? days : hours);
  return {
    exit: section('When positions are closed. Kill and stop cannot be turned off.', {
      barConvention: choice('What the extremes of a bar mean.', 'stop_then_ratchet', ['stop_then_ratchet', 'ratchet_then_stop']),
      trendingMax: age('trending', '60d', '72h'),
      trendingVolatileMax: age('trending and volatile', '40d', '48h'),
      rangingMax: age('ranging', '40d', '48h'),
      rangingVolatileMax: age('ranging and volatile', '20d', '24h'),
      unknownMax: age('not yet classified', '40d', '24h'),
      chaoticMax: age('chaotic', '10d', '12h'),
      winnerMax: duration('Longest age of a winner in a calm trend.', isDaily ? '120d' : '96h'),
      winnerFromR: number('Profit that earns the longer age.', 1.5, { min: 0, max: 1000, unit: 'R' }),
      regimeExit: flag('Whether a change of the market since entry closes or cuts a position.', true),
      regimeUnknownPct: number('Cut when the market became unclear.', isDaily ? 25 : 75, percent),
      regimeRangingPct: number('Cut when a trend became a range.', 50, percent),
      regimeStillChanged: duration('After a cut, how long the market may stay changed.', isDaily ? '10d' : '60m'),
      volatilityExit: flag('Whether rising volatility tightens stops and closes.', true),
      lossCutPct: number('Result at which an old position is halved.', -2, { min: -100, max: 0, unit: 'percent of the entry' }),
      lossCutAfter: duration('How old it must be for that.', isDaily ? '5d' : '12h'),
      ladder: list(
        'Profit-taking: from so many R take so many percent of what is left; 100 ends it. Empty: none.',
        entry({ atR: Type.Number({ minimum: 0, maximum: 1000 }), exitPct: Type.Number({ minimum: 0, maximum: 100 }) }),
        isDaily ? DAILY_LADDER : MINUTE_LADDER,
      ),
      trailing: list(
        'Trailing stop: from so many R keep so many percent below the best price. Empty: none.',
        entry({ fromR: Type.Number({ minimum: 0, maximum: 1000 }), distancePct: Type.Number({ minimum: 0, maximum: 100 }) }),
        isDaily ? DAILY_TRAILING : MINUTE_TRAILING,
      ),
      watchdogSilence: duration('Longest silence of the exit brain with a position; at least ten bars.', isDaily ? '14d' : '10m'),
    }),
  };
}
