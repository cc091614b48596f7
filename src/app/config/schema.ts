import { Type, type Static } from '../../event/index.ts';
import {
  choice,
  choiceOrNull,
  duration,
  durationOrNull,
  entry,
  flag,
  integer,
  label,
  list,
  map,
  number,
  numberOrNull,
  section,
  text,
  textOrNull,
} from './fields.ts';
import { adviceFields, executionFields, exitFields, riskFields, sizingFields, strategyFields } from './trading-schema.ts';

/** Two sets of defaults: for daily bars of shares and for minute bars of markets that never close. */
export const PROFILES = ['daily', 'minute'] as const;
export type Profile = (typeof PROFILES)[number];

export const MODES = ['backtest', 'paper', 'logging_only', 'live'] as const;
export const FEED_KINDS = ['packaged', 'synthetic', 'csv'] as const;
const TIMEFRAMES = ['1m', '5m', '15m', '1h', '1d'] as const;
const TIME_UNITS = ['date', 'datetime', 's', 'ms', 'us'] as const;

/**
 * The whole configuration: what may be set, in which unit, within which range, and what it is when nobody sets it.
 *
 * @param profile whose defaults the schema carries; the shape is the same in both
 */
export function configSchema(profile: Profile) {
  return section('Settings of qt run.', {
    mode: choice(
      'What becomes of orders: backtest and paper simulate them, logging_only writes them down, live needs a venue.',
      'paper',
      MODES,
    ),
    profile: choice('Which defaults apply; auto takes daily for daily bars and minute for all others.', profile, ['auto', ...PROFILES]),
    seed: label('Seed of everything that is random: synthetic data and limit orders that are only touched.', 1),
    feed: feedSection(),
    engine: engineSection(),
    account: accountSection(profile),
    ...strategyFields(profile),
    ...adviceFields(profile),
    ...riskFields(profile),
    ...sizingFields(),
    ...executionFields(profile),
    ...exitFields(profile),
    killSwitch: section('The latch that stops everything and that only a reset opens.', {
      latchFile: textOrNull('File in which the latch survives a restart; null keeps it for this run only.', null),
      totpFile: textOrNull('JSON file with the secrets of operators; without it no reset is accepted.', null),
      hold: duration('How long a valid reset is held before it takes effect.', '60s'),
    }),
  });
}

export type Config = Static<ReturnType<typeof configSchema>>;

function feedSection() {
  return section('Where market data comes from.', {
    kind: choice('packaged is the S&P 500 by day, 2000 to 2020; synthetic is made up; csv reads files.', 'packaged', FEED_KINDS),
    symbols: list('Symbols of the synthetic feed.', Type.String({ minLength: 1 }), ['BTCUSDT', 'ETHUSDT', 'SOLUSDT']),
    bars: numberOrNull('Bars of each synthetic symbol; null is a day, or without end when there is a duration.', null, {
      min: 1,
      max: 1e9,
      unit: 'bars',
    }),
    volatilityRatio: number('Volatility of a calm year of the synthetic feed.', 0.6, { min: 0, max: 5, unit: 'ratio' }),
    files: list(
      'CSV files.',
      Type.Union([
        Type.String({ minLength: 1 }),
        entry({ path: Type.String({ minLength: 1 }), symbol: Type.Optional(Type.String({ minLength: 1 })) }),
      ]),
      [],
    ),
    timeframe: choiceOrNull('Length of a CSV bar; null tells it from the first rows.', null, TIMEFRAMES),
    timeUnit: choiceOrNull('How CSV times are written; null tells it from the first one.', null, TIME_UNITS),
    zone: textOrNull('IANA zone of CSV times without an offset, such as America/New_York.', null),
    dayZone: textOrNull('IANA zone of the trading day of CSV data; null is `zone`, else UTC.', null),
    sessionOpen: textOrNull('Start of trading hours of CSV data, HH:MM in `zone`; null never closes.', null),
    sessionClose: textOrNull('End of trading hours of CSV data, HH:MM in `zone`.', null),
    stamp: choice('Whether a CSV time is that of the open or the close of its bar.', 'open', ['open', 'close']),
    columns: map(
      'Names or numbers of CSV columns: time, open, high, low, close, volume.',
      Type.Union([Type.String(), Type.Integer({ minimum: 0 })]),
      {},
    ),
    header: flag('Whether the first line of a CSV file names its columns.', true),
    delimiter: text('Character between two CSV columns.', ','),
    badRows: choice('What to do with a CSV row that is no valid bar.', 'stop', ['stop', 'skip']),
    rate: numberOrNull('Market events (ticks and candles) sent per second; null sends as fast as they are taken.', null, {
      min: 0.000001,
      max: 1e7,
      unit: 'events/s',
    }),
    speed: numberOrNull('Market time against clock time, 1 as it happened; null for as fast as possible. Not together with rate.', null, {
      min: 0.000001,
      max: 1e9,
      unit: 'ratio',
    }),
    duration: durationOrNull('How long a feed with a rate or speed is sent; null to its end.', null),
  });
}

function engineSection() {
  return section('The event engine. None of it changes a decision in lockstep.', {
    workers: integer('Worker threads; backtest has none.', 2, { min: 1, max: 31, unit: 'threads' }),
    lockstep: choice(
      'Settle one instant before the next is published, so that every run gives the same result; auto: on unless the feed has a rate or speed.',
      'auto',
      ['auto', 'on', 'off'],
    ),
    validate: flag('Check every event against its schema.', true),
    ringKib: choice('Size of each ring between two threads, KiB.', '1024', [
      '64',
      '128',
      '256',
      '512',
      '1024',
      '2048',
      '4096',
      '8192',
      '16384',
    ]),
    handlerTimeout: duration('After this a handler counts as stuck and its thread is replaced.', '30s'),
  });
}

function accountSection(profile: Profile) {
  const isDaily = profile === 'daily';
  return section('The account.', {
    initialEquity: number('Equity at the start.', 100_000, { min: 0.01, max: 1e9, unit: 'account currency' }),
    currency: text('Account currency.', 'USD'),
    charges: choice('Price list of the broker.', isDaily ? 'us_equity' : 'crypto_spot', [
      'none',
      'us_equity',
      'nse_delivery',
      'nse_intraday',
      'crypto_spot',
      'crypto_futures',
    ]),
    tick: number('Smallest price step of a symbol that is not listed below.', isDaily ? 0.01 : 0.001, {
      min: 1e-9,
      max: 1e9,
      unit: 'price',
    }),
    step: number('Smallest size step of a symbol that is not listed below.', isDaily ? 1 : 0.0001, { min: 1e-9, max: 1e9, unit: 'units' }),
    instruments: map(
      'Symbols with a grid of their own.',
      entry({ tick: positive(), step: positive(), multiplier: Type.Optional(positive()) }),
      {},
    ),
  });
}

function positive() {
  return Type.Number({ minimum: 1e-9, maximum: 1e9 });
}
