const UNITS_US: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
  w: 604_800_000_000,
};

/** How a duration is written: a number and its unit, such as `500ms`, `30s`, `72h`, `20d` or `8w`. */
export const DURATION_PATTERN = '^\\d+(\\.\\d+)?(us|ms|s|m|h|d|w)$';

/** A duration that has passed its check, in whole microseconds. */
export function toDurationUs(text: string): number {
  const [, number = '0', unit = 'us'] = /^([\d.]+)([a-z]+)$/.exec(text) ?? [];
  return Math.round(Number(number) * (UNITS_US[unit] ?? 0));
}

export function toDurationMs(text: string): number {
  return Math.round(toDurationUs(text) / 1000);
}
