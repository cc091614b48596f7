/**
 * Runs a case in a process of its own: what one case leaves behind (compiled code, garbage, ten thousand types) is not
 * part of the next one's figures, and a case that hangs or crashes fails alone.
 */
import { startPart, type CaseMessage } from './parts.ts';

/** What became of a case. */
export type CaseOutcome = CaseMessage & { readonly name: string; readonly settings: object; readonly elapsedMs: number };

export interface IsolateOptions {
  readonly name: string;
  /** URL of a module that exports the case as `bench`; default: the case of the catalogue with that name. */
  readonly url?: string;
  readonly settings: object;
  readonly timeoutMs: number;
  /** A script of its own for this part, where there are files; default: the one of all cases. */
  readonly program?: URL;
}

/** Never rejects: a failure is an outcome. */
export async function runIsolated({ name, program, url, settings, timeoutMs }: IsolateOptions): Promise<CaseOutcome> {
  const start = performance.now();
  const message = await new Promise<CaseMessage>((resolve) => {
    const child = startPart({ source: url ?? name, settings }, program);
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      resolve({ status: 'failed', message: `no result within ${timeoutMs} ms` });
    }, timeoutMs);
    let received: CaseMessage | null = null;
    child.on('message', (value) => {
      received = value as CaseMessage;
    });
    child.on('error', (error) => {
      received = { status: 'failed', message: `its process could not be run: ${error.message}` };
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve(received ?? { status: 'failed', message: `its process ended with ${signal ?? `code ${code}`} and no result` });
    });
  });
  return { ...message, name, settings, elapsedMs: Math.round(performance.now() - start) };
}
