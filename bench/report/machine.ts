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
  };
}
