/**
 * Market data in: files, the data that ships with the package, and made-up markets, as feeds to be pulled. Bars are
 * judged before anyone sees them, several sources are merged in one fixed order, and a feed can be paced by a clock.
 *
 * @module
 */
export { DATA_COLLECTOR } from './bar.ts';
export { BAR_FIELDS, type BarField, type ColumnNames } from './csv-columns.ts';
export { type CsvFeedOptions, type CsvFile } from './csv-options.ts';
export { openCsvFeed } from './csv.ts';
export * from './errors.ts';
export { FAULTS_LISTED_MAX, type Feed, type FeedBatch, type FeedInfo, type FeedStatus, type RowFault } from './feed.ts';
export { paceFeed, type PaceCollaborators, type PaceOptions } from './pacing.ts';
export { openPackagedFeed, type AssetReader, type PackagedFeedOptions } from './packaged.ts';
export { resolveFeed, type FeedCollaborators, type FeedOptions } from './resolve.ts';
export { type SessionHours } from './session.ts';
export { type TimeUnit } from './stamp.ts';
export { openSyntheticFeed } from './synthetic.ts';
export { type SyntheticFeedOptions } from './synthetic-options.ts';
export { TradingZone } from './zone.ts';
