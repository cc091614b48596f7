import type { ReportOptions, RunResult } from '../app/index.ts';

/** True if nothing was lost and everything has an outcome. */
export function isSound({ engine, outcome }: RunResult): boolean {
  return outcome !== 'unfinished' && engine.lost === 0 && engine.deadLettered === 0;
}

/** How wide a report may be here, and what its curves may be drawn with. */
export function reportOptions(): Required<ReportOptions> {
  const { LANG = '', LC_ALL = '', LC_CTYPE = '' } = process.env;
  const locale = LC_ALL || LC_CTYPE || LANG;
  // Without a locale most terminals of today still show Unicode; only a stated other one does not.
  const isAscii = locale !== '' && !/utf-?8/i.test(locale) && !/^(C|POSIX)$/.test(locale);
  return { width: Math.min(120, Math.max(72, process.stdout.columns ?? 92)), style: isAscii ? 'ascii' : 'braille' };
}
