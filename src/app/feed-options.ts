import { invalidOption } from '../base/index.ts';
import type { FeedInfo, FeedOptions } from '../feed/index.ts';
import { TIMEFRAME_US } from '../model/index.ts';
import { toDurationUs } from './config/duration.ts';
import type { Config } from './config/schema.ts';

/**
 * The feed that a configuration describes.
 *
 * @throws QtError QT_OPTION_INVALID for settings that do not fit together
 */
export function toFeedOptions({ feed, seed }: Pick<Config, 'feed' | 'seed'>): FeedOptions {
  return { ...sourceOf(feed, seed), ...paceOf(feed) };
}

/** True when the clock decides when an event is sent. */
export function isPaced({ rate, speed }: Config['feed']): boolean {
  return rate !== null || speed !== null;
}

function sourceOf(feed: Config['feed'], seed: string | number): FeedOptions {
  const { kind, symbols, bars, volatilityRatio } = feed;
  if (kind === 'packaged') return { kind };
  if (kind === 'synthetic') return { kind, symbols, seed, volatilityRatio, ...(bars === null ? {} : { bars }) };
  const { files, timeframe, timeUnit, zone, dayZone, sessionOpen, sessionClose, stamp, columns, header, delimiter, badRows } = feed;
  if (files.length === 0) throw invalidOption('feed.files', files, 'at least one CSV file');
  if ((sessionOpen === null) !== (sessionClose === null)) {
    throw invalidOption('feed.sessionClose', sessionClose, 'a time when sessionOpen is given, and only then');
  }
  return {
    kind,
    files: files as Extract<FeedOptions, { kind: 'csv' }>['files'],
    stamp,
    columns,
    header,
    delimiter,
    badRows,
    ...(timeframe === null ? {} : { timeframe }),
    ...(timeUnit === null ? {} : { timeUnit }),
    ...(zone === null ? {} : { zone }),
    ...(dayZone === null ? {} : { dayZone }),
    ...(sessionOpen === null || sessionClose === null ? {} : { session: { open: sessionOpen, close: sessionClose } }),
  };
}

function paceOf({ rate, speed, duration }: Config['feed']): Pick<FeedOptions, 'pace'> {
  if (rate !== null && speed !== null) throw invalidOption('feed.speed', speed, 'null, since feed.rate is given');
  if (rate === null && speed === null) {
    if (duration !== null)
      throw invalidOption('feed.duration', duration, 'a rate or a speed beside it: without one a feed ends with its data');
    return {};
  }
  const durationS = duration === null ? {} : { durationS: toDurationUs(duration) / 1e6 };
  return { pace: { ...(rate === null ? {} : { rate }), ...(speed === null ? {} : { speed }), ...durationS } };
}

/**
 * How far market time moves in a second of a paced feed, microseconds. Decisions take some milliseconds of real time
 * while a fast feed goes on, so without this allowance every order would be late at a thousand bars a second.
 */
export function slackOf({ feed }: Config, info: FeedInfo): number {
  if (feed.speed !== null) return Math.round(feed.speed * SECOND_US);
  // A bar of one symbol is a tick and a candle.
  const barsPerSecond = (feed.rate ?? 0) / (2 * info.symbols.length);
  return Math.round(barsPerSecond * TIMEFRAME_US[info.timeframe]);
}

const SECOND_US = 1_000_000;
