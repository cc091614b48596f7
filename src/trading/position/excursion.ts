/** Highest and lowest price since entry, ticks. */
export interface Excursion {
  highTicks: number;
  lowTicks: number;
}

export function createExcursion(ticks: number): Excursion {
  return { highTicks: ticks, lowTicks: ticks };
}

export function touch(excursion: Excursion, ticks: number): void {
  excursion.highTicks = Math.max(excursion.highTicks, ticks);
  excursion.lowTicks = Math.min(excursion.lowTicks, ticks);
}

export interface BarTicks {
  readonly open: number;
  readonly high: number;
  readonly low: number;
}

/**
 * Extends the excursion by a bar that lies wholly inside the position's life. A bar that reached the stop ended it there, or
 * at the open beyond it, and by the convention that the stop comes first its favourable extreme was never seen.
 *
 * @param sign 1 for LONG, -1 for SHORT
 */
export function touchBar(excursion: Excursion, { high, low, open }: BarTicks, sign: 1 | -1, stopTicks: number | null): void {
  touch(excursion, open);
  const adverse = sign > 0 ? low : high;
  if (stopTicks !== null && (adverse - stopTicks) * sign <= 0) {
    if ((open - stopTicks) * sign > 0) touch(excursion, stopTicks);
    return;
  }
  touch(excursion, high);
  touch(excursion, low);
}

/** Worst and best move from the entry, ticks, both >= 0. */
export function moves({ highTicks, lowTicks }: Excursion, entryTicks: number, sign: 1 | -1): { adverse: number; favourable: number } {
  const up = Math.max(0, highTicks - entryTicks);
  const down = Math.max(0, entryTicks - lowTicks);
  return sign > 0 ? { adverse: down, favourable: up } : { adverse: up, favourable: down };
}
