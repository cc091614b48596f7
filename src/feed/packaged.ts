import { resolveCsvOptions } from './csv-options.ts';
import { textInput } from './csv-reader.ts';
import { feedOfInputs } from './csv.ts';
import { QtError, resources } from '../base/index.ts';
import { QT_FEED_FILE_MISSING } from './errors.ts';
import type { Feed } from './feed.ts';

/** The data that ships with the package: S&P 500 index, daily, 2000-01-03 to 2020-04-17, one symbol `SPX`. */
export interface PackagedFeedOptions {
  readonly kind: 'packaged';
}

/** Gives the bytes of a data file by name. The default reads what ships with the program. */
export type AssetReader = (name: string) => Promise<string | Uint8Array>;

const FILE = 'sp500-2000.csv';
const ROWS = 5105;

const readShipped: AssetReader = (name) => resources.readData(new URL(`./data/${name}`, import.meta.url));

/**
 * Opens the packaged data. Days run from 09:30 to 16:00 in New York; the exchange's few half days are taken as full ones.
 *
 * @throws QtError QT_FEED_FILE_MISSING if the installation is damaged
 */
export async function openPackagedFeed(readAsset: AssetReader = readShipped): Promise<Feed> {
  const bytes = await readAsset(FILE).catch((cause: unknown) => {
    throw new QtError(QT_FEED_FILE_MISSING, `Cannot read the packaged data ${FILE}: install the package again`, {
      cause,
      details: { file: FILE },
    });
  });
  const options = resolveCsvOptions({
    kind: 'csv',
    files: [{ path: FILE, symbol: 'SPX' }],
    timeframe: '1d',
    timeUnit: 'date',
    zone: 'America/New_York',
    session: { open: '09:30', close: '16:00' },
    name: 'S&P 500, daily, 2000-2020',
  });
  return feedOfInputs(options, [textInput(FILE, bytes)], ROWS);
}
