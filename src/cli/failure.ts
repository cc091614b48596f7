import { toErrorRecord } from '../base/index.ts';
import { EXIT_CODES, exitCodeOf, type ExitCode } from './exit-codes.ts';

/** Says on stderr, in one line, why a command failed, and gives the exit code. A stack trace is shown only when asked for. */
export function reportFailure(error: unknown, isVerbose: boolean): ExitCode {
  const { code, message } = toErrorRecord(error);
  const isOurs = code.startsWith('QT_') && error instanceof Error && error.name === 'QtError';
  const line = message.replaceAll(/\s*\n\s*/g, ' ');
  process.stderr.write(isOurs ? `qt: ${line} (${code})\n` : `qt: failed unexpectedly: ${line} (see more with --verbose)\n`);
  if (isVerbose && error instanceof Error) process.stderr.write(`${describeChain(error)}\n`);
  return isOurs ? exitCodeOf(code) : EXIT_CODES.failed;
}

function describeChain(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${describeChain(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
