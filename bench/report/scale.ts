import type { Axis } from '../case.ts';

/** Places values of one axis on a line. */
export interface Scale {
  /** 0 at the smallest value shown, 1 at the largest. */
  at(value: number): number;
  readonly ticks: readonly number[];
}

const TICKS_MAX = 9;

/** @param values that are shown; a logarithmic axis leaves out those that are not above zero */
export function scaleOf(kind: Axis['scale'], values: readonly number[]): Scale {
  return kind === 'log' ? logScale(values.filter((value) => value > 0)) : linearScale(values);
}

/** From zero, so that a length on the picture is a ratio, unless there are values below it. */
function linearScale(values: readonly number[]): Scale {
  const low = Math.min(0, ...values);
  const high = Math.max(low + 1e-9, ...values);
  const step = niceStep((high - low) / 5);
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  const [from, to] = [ticks[0]!, ticks.at(-1)!];
  return { ticks, at: (value) => (value - from) / (to - from) };
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough - 1e-12)!;
}

/** Whole decades where there are several, else steps of 1, 2 and 5. */
function logScale(values: readonly number[]): Scale {
  const low = Math.min(...(values.length > 0 ? values : [1]));
  const high = Math.max(...(values.length > 0 ? values : [10]));
  const isWide = high / low >= 100;
  const factors = isWide ? [1] : [1, 2, 5];
  const steps: number[] = [];
  for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.ceil(Math.log10(high)) + 1; power++) {
    for (const factor of factors) steps.push(factor * 10 ** power);
  }
  const first = steps.findLastIndex((step) => step <= low * (1 + 1e-9));
  const last = steps.findIndex((step) => step >= high * (1 - 1e-9));
  const shown = steps.slice(first, Math.max(last, first + 1) + 1);
  const [from, to] = [Math.log10(shown[0]!), Math.log10(shown.at(-1)!)];
  const every = Math.ceil(shown.length / TICKS_MAX);
  return { ticks: shown.filter((_, i) => i % every === 0), at: (value) => (Math.log10(Math.max(value, 10 ** from)) - from) / (to - from) };
}
