import { renameSync, writeFileSync } from 'node:fs';
import type { Mode } from '../config.ts';
import type { CaseOutcome } from '../harness/isolate.ts';
import type { GateResult } from './gates.ts';
import type { Machine } from './machine.ts';

/** Everything a run found out, with every sample: what two runs are compared by. */
export interface RunReport {
  readonly machine: Machine;
  readonly mode: Mode;
  readonly cases: readonly CaseOutcome[];
  readonly gates: readonly GateResult[];
}

export function writeJson(file: string, report: unknown): void {
  writeWhole(file, `${JSON.stringify(report, null, 2)}\n`);
}

/** A reader never sees half of it. */
export function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
