/** A run as one HTML file: machine, gates, a table and plots for each case. It loads nothing and runs no script. */
import type { CaseReport } from '../case.ts';
import type { CaseOutcome } from '../harness/isolate.ts';
import type { Spread } from '../harness/statistics.ts';
import { promiseText, type GateResult } from './gates.ts';
import type { RunReport } from './json.ts';
import { isBusy, type Machine } from './machine.ts';
import { barsSvg, escapeText, plotSvg } from './plot.ts';
import { figureNames, numberText, ratioText } from './table.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2129; --paper: #ffffff; --soft: #5c6470; --grid: #dfe3e8; --met: #12733b; --missed: #b3261e;
  --c0: #1f6feb; --c1: #d1550a; --c2: #12804a; --c3: #9a3fc4; --c4: #b8860b; --c5: #0b7f8c; --c6: #c4306e; --c7: #6b7280; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --paper: #14171c; --soft: #9aa4b2; --grid: #2b313a; --met: #56d38a; --missed: #ff8a80;
  --c0: #6cb0ff; --c1: #ff9d5c; --c2: #5fd39a; --c3: #d39bf5; --c4: #e6c14f; --c5: #5ccfdc; --c6: #ff85b5; --c7: #a8b0bd; } }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; border-top: 1px solid var(--grid); padding-top: 1rem; } h3 { font-size: 1rem; }
p.soft, .tick, td.soft { color: var(--soft); } .scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; } th, td { padding: 0.2rem 0.9rem 0.2rem 0; text-align: left; vertical-align: top; }
th { font-weight: 600; border-bottom: 1px solid var(--grid); } td.met { color: var(--met); } td.missed { color: var(--missed); font-weight: 600; }
figure { margin: 1rem 0; max-width: 46rem; } figcaption { font-weight: 600; }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; } svg text { fill: var(--ink); } svg .tick { fill: var(--soft); }
svg .grid { stroke: var(--grid); fill: none; } svg .line { fill: none; stroke: var(--series); stroke-width: 2; }
svg .spread { stroke: var(--series); stroke-width: 1.2; opacity: 0.6; } svg rect + .spread { stroke: var(--ink); } svg .fill { fill: var(--series); }
${Array.from({ length: 8 }, (_, i) => `.c${i} { --series: var(--c${i}); }`).join(' ')}
`;

export function htmlReport(report: RunReport): string {
  const { cases, gates, machine, mode } = report;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>quantum-trader bench, ${escapeText(machine.at)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>quantum-trader bench</h1>
${machineHtml(machine, mode)}
${gates.length === 0 ? '' : gatesHtml(gates)}
${cases.map((outcome) => caseHtml(outcome)).join('\n')}
<script type="application/json" id="report">${JSON.stringify(report).replaceAll('<', '\\u003c')}</script>
</body>
</html>
`;
}

function machineHtml(machine: Machine, mode: string): string {
  const { at, commit, cores, load, memoryGb, node, platform, processor } = machine;
  const facts = [processor, `${cores} cores`, `${memoryGb} GB`, platform, `Node ${node}`];
  const run = [`${mode} run`, at, ...(commit === null ? [] : [`commit ${commit}`]), `load ${load.toFixed(2)} before it`];
  const busy = isBusy(machine) ? '<p><strong>Others used this machine: read the ratios, not the figures.</strong></p>' : '';
  const legend = 'Figures are medians over the rounds, with the least and the greatest in brackets and as thin lines in the plots.';
  return `<p>${escapeText(facts.join(', '))}<br>${escapeText(run.join(', '))}</p>${busy}<p class="soft">${legend}</p>`;
}

function gatesHtml(gates: readonly GateResult[]): string {
  const rows = gates.map(({ gate, ratio, reason, state }) => {
    const found = ratio === null ? (reason ?? 'not measured') : ratioText(ratio);
    return [
      `<td class="${state}">${state}</td>`,
      cell(promiseText(gate)),
      cell(found),
      cell(gate.case),
      `<td class="soft">${escapeText(gate.because)}</td>`,
    ];
  });
  return `<h2>Gates</h2>${table(['', 'promise', 'measured', 'case', 'because'], rows)}`;
}

function caseHtml(outcome: CaseOutcome): string {
  const settings = Object.entries(outcome.settings).map(
    ([name, value]) => `${name} ${Array.isArray(value) ? value.join(' ') : String(value)}`,
  );
  const head = `<h2 id="${escapeText(outcome.name)}">${escapeText(outcome.name)}</h2>`;
  const facts = `<p class="soft">${escapeText(settings.join('; '))}; ${(outcome.elapsedMs / 1000).toFixed(1)} s</p>`;
  if (outcome.status === 'failed') return `${head}<p><strong>Failed:</strong> ${escapeText(outcome.message)}</p>${facts}`;
  const question = `<p>${escapeText(outcome.question)}</p>`;
  if (outcome.status === 'skipped') return `${head}${question}<p><strong>Skipped:</strong> ${escapeText(outcome.reason)}</p>${facts}`;
  const { report } = outcome;
  return [head, question, ...picturesOf(report), figuresHtml(report), ratiosHtml(report), remarksHtml(report), facts].join('\n');
}

/** The case's own plots; a case without any gets its first figure as bars. */
function picturesOf({ plots = [], subjects }: CaseReport): string[] {
  if (plots.length > 0) return plots.map((plot) => figureHtml(plot.title, plotSvg(plot)));
  const [figure] = Object.keys(subjects[0]?.figures ?? {});
  if (figure === undefined) return [];
  const rows = subjects
    .filter(({ figures }) => figures[figure] !== undefined)
    .map(({ figures, name }) => ({ name, spread: figures[figure]! }));
  return [figureHtml(figure, barsSvg(figure, figure, rows))];
}

function figureHtml(caption: string, picture: string): string {
  return `<figure><figcaption>${escapeText(caption)}</figcaption>${picture}</figure>`;
}

function figuresHtml({ subjects }: CaseReport): string {
  const figures = figureNames(subjects);
  const rows = subjects.map(({ figures: values, name }) => [cell(name), ...figures.map((figure) => cell(spreadCell(values[figure])))]);
  return table(['subject', ...figures], rows);
}

function spreadCell(spread: Spread | undefined): string {
  return spread === undefined ? '' : `${numberText(spread.median)} (${numberText(spread.min)} to ${numberText(spread.max)})`;
}

function ratiosHtml({ ratios }: CaseReport): string {
  if (ratios.length === 0) return '';
  const rows = ratios.map(({ figure, ratio, reference, subject }) => [
    cell(subject),
    cell(ratioText(ratio)),
    cell(`x ${reference}`),
    cell(figure),
  ]);
  return `<h3>Ratios</h3>${table(['subject', 'ratio', 'of', 'figure'], rows)}`;
}

function remarksHtml({ skipped = [], subjects }: CaseReport): string {
  const notes = subjects.flatMap(({ name, note }) => (note === undefined ? [] : [`${name}: ${note}`]));
  const lines = [...notes, ...skipped.map(({ reason, subject }) => `skipped ${subject}: ${reason}`)];
  return lines.length === 0 ? '' : `<ul>${lines.map((line) => `<li>${escapeText(line)}</li>`).join('')}</ul>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const body = rows.map((cells) => `<tr>${cells.join('')}</tr>`).join('\n');
  return `<div class="scroll"><table><thead><tr>${head.map((text) => `<th>${escapeText(text)}</th>`).join('')}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

function cell(text: string): string {
  return `<td>${escapeText(text)}</td>`;
}
