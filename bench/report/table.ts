import type { CaseReport } from '../case.ts';
import type { Mode } from '../config.ts';
import type { CaseOutcome } from '../harness/isolate.ts';
import type { Spread } from '../harness/statistics.ts';
import { promiseText, type GateResult } from './gates.ts';
import { isBusy, type Machine } from './machine.ts';

const INDENT = '  ';

export function machineLines(machine: Machine, mode: Mode): string {
  const { processor, cores, memoryGb, platform, node, load, at, commit } = machine;
  const lines = [
    `${processor}, ${cores} cores, ${memoryGb} GB, ${platform}, Node ${node}`,
    `${mode} run, ${at}, load ${load.toFixed(2)} before it${commit === null ? '' : `, commit ${commit}`}`,
  ];
  if (isBusy(machine)) lines.push('Others use this machine: read the ratios, not the figures.');
  return lines.join('\n');
}

/** A case as text: its figures over the rounds as median (min to max), then its ratios. */
export function caseLines(outcome: CaseOutcome): string {
  const settings = Object.entries(outcome.settings).map(
    ([name, value]) => `${name} ${Array.isArray(value) ? value.join(' ') : String(value)}`,
  );
  const head = `${outcome.name}  (${settings.join('; ')}; ${(outcome.elapsedMs / 1000).toFixed(1)} s)`;
  if (outcome.status === 'failed') return `${head}\n${INDENT}FAILED: ${outcome.message}`;
  if (outcome.status === 'skipped') return `${head}\n${INDENT}${outcome.question}\n${INDENT}skipped: ${outcome.reason}`;
  const { report } = outcome;
  const rows = [figureRows(report), ratioRows(report), remarkRows(report)].filter((part) => part.length > 0);
  return [head, `${INDENT}${outcome.question}`, ...rows.flatMap((part) => ['', ...part])].join('\n');
}

export function gateLines(gates: readonly GateResult[]): string {
  return gates
    .map(({ gate, ratio, reason, state }) => {
      const found = ratio === null ? (reason ?? 'not measured') : ratioText(ratio);
      return `gate ${state === 'missed' ? 'MISSED ' : state.padEnd(7)} ${promiseText(gate)}: ${found}`;
    })
    .join('\n');
}

/** Every figure once; in the order of those that have the most. */
export function figureNames(subjects: CaseReport['subjects']): string[] {
  const lists = subjects.map(({ figures }) => Object.keys(figures)).sort((a, b) => b.length - a.length);
  return [...new Set(lists.flat())];
}

function figureRows({ subjects }: CaseReport): string[] {
  const figures = figureNames(subjects);
  const rows = subjects.map(({ name, figures: values }) => [
    name,
    ...figures.map((figure) => (values[figure] === undefined ? '' : spreadText(values[figure]))),
  ]);
  return align([['', ...figures], ...rows]);
}

function ratioRows({ ratios }: CaseReport): string[] {
  return align(ratios.map(({ subject, reference, figure, ratio }) => [subject, ratioText(ratio), `x ${reference}, ${figure}`]));
}

/** What is not the same job, and what did not take part. */
function remarkRows({ skipped = [], subjects }: CaseReport): string[] {
  return [
    ...subjects.filter(({ note }) => note !== undefined).map(({ name, note }) => `${INDENT}${name}: ${note}`),
    ...skipped.map(({ reason, subject }) => `${INDENT}skipped ${subject}: ${reason}`),
  ];
}

export function ratioText(ratio: Spread): string {
  return `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})`;
}

export function spreadText({ median, min, max }: Spread): string {
  return `${numberText(median)} (${numberText(min)} to ${numberText(max)})`;
}

/** Three or four digits that mean something. */
export function numberText(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.1) return value.toPrecision(2);
  if (Math.abs(value) >= 1e6) return `${(value / 1e6).toFixed(2)}M`;
  if (Math.abs(value) >= 1e4) return `${(value / 1e3).toFixed(0)}k`;
  return value.toFixed(Math.abs(value) >= 100 ? 0 : 1);
}

/** The first column to the left, as names are, the others too: their brackets make the right edge ragged anyway. */
function align(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map(
    (row) =>
      INDENT +
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
  );
}
