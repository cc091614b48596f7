import { isSea } from 'node:sea';

/** True where modules lie as they are written, neither bundled nor inside the executable. */
export const isCheckout: boolean = new URL('./_part-process.ts', import.meta.url).pathname.endsWith('.ts');

let launcher: string | null = null;

/** Told once per process: the script that starts `qt`. */
export function setLauncher(file: string | null): void {
  launcher = file;
}

export function getLauncher(): string | null {
  return launcher;
}

/** Command line that starts `qt`, or null when nobody knows it. */
export function qtCommand(): readonly [program: string, ...args: string[]] | null {
  if (isSea()) return [process.execPath];
  return launcher === null ? null : [process.execPath, launcher];
}
