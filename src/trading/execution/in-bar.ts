/** The order in which a bar is taken to have visited its prices; recorded bars do not say. */
export const IN_BAR_ORDERS = ['worst', 'ohlc', 'olhc', 'adaptive'] as const;
export type InBarOrder = (typeof IN_BAR_ORDERS)[number];

export interface BarPrices {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/**
 * The corners of the path a bar is taken to have walked: open, the two extremes, close. `adaptive` visits the extreme nearer
 * to the open first (ties: the high). Null for `worst`, which is a rule about orders and not a path.
 */
export function barPath(order: InBarOrder, bar: BarPrices): readonly number[] | null {
  if (order === 'worst') return null;
  const highFirst = order === 'ohlc' || (order === 'adaptive' && bar.high - bar.open <= bar.open - bar.low);
  return highFirst ? [bar.open, bar.high, bar.low, bar.close] : [bar.open, bar.low, bar.high, bar.close];
}

/** A place on a path: 1.25 is a quarter of the way along the second leg. */
export interface PathPoint {
  readonly position: number;
  readonly price: number;
}

export const PATH_START = 0;

/**
 * The first point at or after `from` where the path is at or through a level, or null.
 *
 * @param falling true for levels that are reached from above
 */
export function firstTouch(path: readonly number[], from: PathPoint, level: number, falling: boolean): PathPoint | null {
  const reached = (price: number): boolean => (falling ? price <= level : price >= level);
  if (reached(from.price)) return from;
  for (let leg = Math.floor(from.position); leg < path.length - 1; leg++) {
    const start = leg === Math.floor(from.position) ? from.price : (path[leg] as number);
    const end = path[leg + 1] as number;
    if (!reached(end)) continue;
    const base = leg === Math.floor(from.position) ? from.position : leg;
    const share = end === start ? 0 : (level - start) / (end - start);
    return { position: base + share * (leg + 1 - base), price: level };
  }
  return null;
}
