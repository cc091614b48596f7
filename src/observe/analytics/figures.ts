/** Figures by name; one that is undefined is null and has its reason under the same name. */
export interface Figures {
  readonly metrics: Record<string, number | null>;
  readonly reasons: Record<string, string>;
}

export function createFigures(): Figures {
  return { metrics: {}, reasons: {} };
}

/**
 * Sets a figure. Null and anything that is no finite number become null with the reason.
 *
 * @param reason why it can be undefined
 */
export function setFigure(figures: Figures, name: string, value: number | null, reason = 'not defined'): void {
  const isDefined = value !== null && Number.isFinite(value);
  // Adding 0 turns -0, which no reader expects, into 0.
  figures.metrics[name] = isDefined ? value + 0 : null;
  if (!isDefined) figures.reasons[name] = reason;
}
