/** How `qt` ends. The one place where its exit codes are defined; `--help` prints it. */
export const EXIT_CODES = {
  /** The command did what it was asked; a run that was interrupted once and finished its work counts. */
  ok: 0,
  /** The command failed although what it was given was right: a full disk, a thread that cannot start, a fault of ours. */
  failed: 1,
  /** What it was given is wrong: a flag, a configuration, a file, a data row. Nothing was run, or the run stopped there. */
  usage: 2,
  /** The run came to its end, but events were lost, dead-lettered or left without an outcome. */
  unsound: 3,
  /** An interrupt stopped it; the second one, for a run, which ends in peace on the first. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** For the end of `--help`. */
export const EXIT_CODES_HELP = `
Exit codes:
  0    done; a run that was interrupted once and finished its work counts
  1    failed although the input was right (disk full, a thread that does not start)
  2    wrong flag, configuration, file or data
  3    the run ended, but events were lost, dead-lettered or left without an outcome
  130  stopped by an interrupt; qt run ends in peace on the first one and stops at once on the second`;

/** Codes of errors whose cause is what the user gave; a handler that does not load is a strategy module of theirs. */
const USAGE =
  /^QT_(CONFIG|OPTION|FEED|APP|MODEL_ZONE|STRATEGY|EXECUTION_PRESET|OBSERVE_LOG|KILL_SWITCH|EVENT_TOPIC|DEAD_LETTER|HANDLER_LOAD|JOURNAL_VERSION|JOURNAL_NOT_A|SQL_FILE)_/;

/** The exit code for an error with a code. */
export function exitCodeOf(code: string): ExitCode {
  return USAGE.test(code) ? EXIT_CODES.usage : EXIT_CODES.failed;
}
