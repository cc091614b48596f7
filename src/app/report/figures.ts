/** How figures are written for people: grouped digits, a sign where it matters, a dash with a reason where there is none. */
export function toMoney(value: number, decimals = 2): string {
  return grouped(value.toFixed(decimals));
}

export function toSignedMoney(value: number, decimals = 2): string {
  const text = toMoney(value, decimals);
  return value > 0 ? `+${text}` : text;
}

export function toCount(value: number): string {
  return grouped(String(Math.round(value)));
}

/** A ratio as percent: .0123 is 1.23 %. */
export function toPercent(ratio: number | null | undefined, decimals = 2): string {
  return ratio === null || ratio === undefined ? '-' : `${(ratio * 100).toFixed(decimals)} %`;
}

export function toSignedPercent(ratio: number | null | undefined, decimals = 2): string {
  const text = toPercent(ratio, decimals);
  return ratio !== null && ratio !== undefined && ratio > 0 ? `+${text}` : text;
}

export function toRatio(value: number | null | undefined, decimals = 2): string {
  return value === null || value === undefined ? '-' : value.toFixed(decimals);
}

/** Microseconds in the unit that suits them. */
export function toLatency(us: number): string {
  if (us < 1000) return `${us} us`;
  return us < 1_000_000 ? `${(us / 1000).toFixed(2)} ms` : `${(us / 1_000_000).toFixed(2)} s`;
}

/** Seconds as days, hours or minutes. */
export function toSpan(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '-';
  if (seconds >= 172_800) return `${(seconds / 86_400).toFixed(1)} days`;
  return seconds >= 7200 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 60).toFixed(0)} min`;
}

function grouped(digits: string): string {
  const [whole = '', fraction] = digits.split('.');
  const spaced = whole.replaceAll(/\B(?=(\d{3})+(?!\d))/g, ',');
  return fraction === undefined ? spaced : `${spaced}.${fraction}`;
}
