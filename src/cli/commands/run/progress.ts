import type { Run } from '../../../app/index.ts';
import { CLEAR_LINE, TERMINAL_MS } from '../../progress.ts';

const LOG_MS = 5000;

/**
 * Shows on stderr how far a run has come: one line that is rewritten on a terminal, a line every few seconds elsewhere.
 *
 * @returns stops it and clears the line
 */
export function showProgress(run: Run, stream: NodeJS.WriteStream): () => void {
  const isTerminal = stream.isTTY;
  const clear = isTerminal ? CLEAR_LINE : '';
  const end = isTerminal ? '' : '\n';
  const timer = setInterval(() => stream.write(`${clear}${toLine(run)}${end}`), isTerminal ? TERMINAL_MS : LOG_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    stream.write(clear);
  };
}

function toLine(run: Run): string {
  const { elapsedMs, equityUsd, events, lastUs, ratio, trades } = run.progress();
  const day = lastUs === 0 ? 'starting' : new Date(lastUs / 1000).toISOString().slice(0, 10);
  const perSecond = elapsedMs > 0 ? Math.round((events * 1000) / elapsedMs) : 0;
  const parts = [
    ratio === null ? `${(elapsedMs / 1000).toFixed(0)} s` : `${(ratio * 100).toFixed(0)} %`,
    day,
    `${events} events, ${perSecond}/s`,
    `${trades} trades`,
    equityUsd === null ? '' : `equity ${equityUsd.toFixed(0)}`,
  ];
  return `qt: ${parts.filter((part) => part !== '').join('  ')}`;
}
