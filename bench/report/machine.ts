import { execFileSync } from 'node:child_process';
import os from 'node:os';

/** Where and when the figures were taken; without it they mean nothing. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly platform: string;
  readonly node: string;
  /** Processes that wanted to run, on average over the last minute, before the run. Above zero means a noisy machine. */
  readonly load: number;
  readonly at: string;
  /** Of the checkout that the command ran in, with `+` when it has changes; null outside of one. */
  readonly commit: string | null;
}

export function describeMachine(): Machine {
  return {
    processor: os.cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: os.availableParallelism(),
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    platform: `${os.platform()} ${os.arch()}`,
    node: process.version,
    load: os.loadavg()[0] ?? 0,
    at: new Date().toISOString(),
    commit: commitOf(),
  };
}

function commitOf(): string | null {
  try {
    const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    // Only its own checkout says what was measured; another project's commit would mislead.
    if (!git('ls-files', ':/bench/catalogue.ts')) return null;
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+');
  } catch {
    return null;
  }
}

/** Others want the processor too: ratios of one run still mean something, figures do not. */
export function isBusy({ cores, load }: Machine): boolean {
  return load > cores / 4;
}
