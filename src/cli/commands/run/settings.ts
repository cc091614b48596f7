import { QtError } from '../../../base/index.ts';
import { QT_CONFIG_INVALID, type ConfigFlag } from '../../../app/index.ts';
import type { RunFlags } from './options.ts';

type Toggle = Exclude<
  keyof RunFlags,
  | 'config'
  | 'handlers'
  | 'events'
  | 'journal'
  | 'durability'
  | 'keepAll'
  | 'sql'
  | 'json'
  | 'quiet'
  | 'verbose'
  | 'feed'
  | 'set'
  | 'session'
  | 'columns'
  | 'symbols'
  | 'lockstep'
  | 'header'
>;

/** Flags that are one setting each. */
const PATHS: Readonly<Record<Toggle, string>> = {
  mode: 'mode',
  profile: 'profile',
  bars: 'feed.bars',
  seed: 'seed',
  rate: 'feed.rate',
  speed: 'feed.speed',
  duration: 'feed.duration',
  timeframe: 'feed.timeframe',
  timeUnit: 'feed.timeUnit',
  zone: 'feed.zone',
  dayZone: 'feed.dayZone',
  stamp: 'feed.stamp',
  delimiter: 'feed.delimiter',
  badRows: 'feed.badRows',
  workers: 'engine.workers',
  equity: 'account.initialEquity',
};
const TEXTS = new Set(['delimiter', 'seed']);

/**
 * The settings behind the flags of `qt run`.
 *
 * @throws QtError QT_CONFIG_INVALID for a flag that cannot be read
 */
export function toConfigFlags(flags: RunFlags): ConfigFlag[] {
  const single = Object.entries(PATHS).flatMap(([name, path]) => {
    const value = flags[name as Toggle];
    return value === undefined ? [] : [{ flag: toFlag(name), path, value: TEXTS.has(name) ? value : toValue(value) }];
  });
  return [...feedFlags(flags), ...single, ...otherFlags(flags), ...(flags.set ?? []).map(toSetting)];
}

function feedFlags({ feed }: RunFlags): ConfigFlag[] {
  if (feed === undefined) return [];
  const flag = '--feed';
  const [first = ''] = feed;
  if (feed.length === 1 && (first === 'packaged' || first === 'synthetic')) return [{ flag, path: 'feed.kind', value: first }];
  return [
    { flag, path: 'feed.kind', value: 'csv' },
    { flag, path: 'feed.files', value: [...feed] },
  ];
}

function otherFlags({ columns, header, lockstep, session, symbols }: RunFlags): ConfigFlag[] {
  const settings: ConfigFlag[] = [];
  if (lockstep !== undefined)
    settings.push({ flag: lockstep ? '--lockstep' : '--no-lockstep', path: 'engine.lockstep', value: lockstep ? 'on' : 'off' });
  if (header === false) settings.push({ flag: '--no-header', path: 'feed.header', value: false });
  if (symbols !== undefined)
    settings.push({ flag: '--symbols', path: 'feed.symbols', value: symbols.split(',').map((symbol) => symbol.trim()) });
  if (columns !== undefined) settings.push({ flag: '--columns', path: 'feed.columns', value: toColumns(columns) });
  if (session !== undefined) {
    const [, open, close] = /^(\d{1,2}:\d{2})-(\d{1,2}:\d{2})$/.exec(session) ?? [];
    if (open === undefined || close === undefined) throw unreadable('--session', session, 'hours such as 09:30-16:00');
    settings.push(
      { flag: '--session', path: 'feed.sessionOpen', value: open },
      { flag: '--session', path: 'feed.sessionClose', value: close },
    );
  }
  return settings;
}

function toColumns(text: string): Record<string, string | number> {
  return Object.fromEntries(
    text.split(',').map((part) => {
      const [field, column] = part.split('=').map((side) => side.trim());
      if (field === undefined || column === undefined || field === '' || column === '') throw unreadable('--columns', part, 'field=column');
      return [field, /^\d+$/.test(column) ? Number(column) : column];
    }),
  );
}

function toSetting(text: string): ConfigFlag {
  const [, path, value] = /^([\w.]+)=(.*)$/s.exec(text) ?? [];
  if (path === undefined || value === undefined) throw unreadable('--set', text, 'path=value, such as risk.positionsMax=2');
  return { flag: '--set', path, value: toJson(value) };
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A number where it is one; anything else is left for the configuration to refuse by name. */
function toValue(text: string): string | number {
  return /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

function toFlag(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function unreadable(flag: string, value: string, expected: string): QtError {
  return new QtError(QT_CONFIG_INVALID, `Cannot use the configuration: ${flag} is ${JSON.stringify(value)}: expected ${expected}`, {
    details: { flag },
  });
}
