import type { SetupInfo } from '../../../src/index.ts';

/** Fails on every member, or on the one that the options name. */
export function setup(options: { readonly member?: number } | undefined, info: SetupInfo): void {
  if (options?.member === undefined || options.member === info.member) throw new Error('no database');
}

export function onStep(): void {}
