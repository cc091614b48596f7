import { checkOneOf, invalidOption } from '../base/index.ts';
import { openCsvFeed } from './csv.ts';
import type { CsvFeedOptions } from './csv-options.ts';
import type { Feed } from './feed.ts';
import { paceFeed, type PaceCollaborators, type PaceOptions } from './pacing.ts';
import { openPackagedFeed, type AssetReader, type PackagedFeedOptions } from './packaged.ts';
import { openSyntheticFeed } from './synthetic.ts';
import type { SyntheticFeedOptions } from './synthetic-options.ts';

/** Where the data comes from, and how fast: without `pace` as fast as it is pulled. */
export type FeedOptions = (PackagedFeedOptions | CsvFeedOptions | SyntheticFeedOptions) & { readonly pace?: PaceOptions };

export interface FeedCollaborators extends PaceCollaborators {
  /** Where packaged data is read; default beside the module. */
  readonly readAsset?: AssetReader;
}

/**
 * Opens the feed that the options describe.
 *
 * @throws QtError QT_OPTION_INVALID naming the field, and the codes of the feed of that kind
 * @example
 * const feed = await resolveFeed({ kind: 'packaged' });
 */
export async function resolveFeed(options: FeedOptions, collaborators: FeedCollaborators = {}): Promise<Feed> {
  const feed = await openFeed(options, collaborators);
  return options.pace === undefined ? feed : paceFeed(feed, options.pace, collaborators);
}

async function openFeed(options: FeedOptions, collaborators: FeedCollaborators): Promise<Feed> {
  if (typeof options !== 'object' || options === null) throw invalidOption('feed', options, 'an object with a kind');
  checkOneOf('feed.kind', options.kind, ['packaged', 'csv', 'synthetic']);
  if (options.kind === 'packaged') return openPackagedFeed(collaborators.readAsset);
  if (options.kind === 'csv') return openCsvFeed(options);
  const isTimed = options.bars === undefined && options.pace?.durationS !== undefined;
  return openSyntheticFeed(isTimed ? { ...options, bars: Infinity } : options);
}
