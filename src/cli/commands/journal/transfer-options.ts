import type { Command } from 'commander';

export interface ExportFlags {
  readonly to: string;
  readonly fromSeq?: string | undefined;
  readonly toSeq?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly force?: true | undefined;
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
}

export interface ImportFlags {
  readonly to: string;
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
}

export const EXPORT_HELP = `
One JSON object a line: each event with its exact bytes (base64) and readable beside them, types and names before the
events that need them, checksums over all. Group positions and dead letters of handlers that ran elsewhere stay behind.

Exit codes:
  0    written, whole
  1    the journal is damaged, or the disk failed; nothing is left of the file
  2    wrong flag, no journal, or the file is there already
  130  interrupted; nothing is left of the file`;

export const IMPORT_HELP = `
The journal is made beside its place, read again and compared, and only then put there.

Exit codes:
  0    the journal is there, and is what was exported: same id, events, seqs, types and names
  1    the disk failed; nothing is left of the journal
  2    wrong flag, the file was changed or cut (the line is named), or the directory is not empty
  130  interrupted; nothing is left of the journal`;

export function addExportOptions(command: Command) {
  return command
    .argument('<directory>', 'where the journal is; it may be in use')
    .requiredOption('--to <file>', 'where to write it; - for stdout (to be given; default: none)')
    .option('--from-seq <number>', 'events from this seq on (default: 1)')
    .option('--to-seq <number>', 'events up to this seq (default: the newest)')
    .option('--since <time>', 'events at this time or later: ISO 8601 (UTC), microseconds since 1970, or -1h (default: all)')
    .option('--until <time>', 'events before this time (default: all)')
    .option('--force', 'replace a file that is there (default: refuse)')
    .option('--json', 'print what was done as one JSON object (default: text)')
    .option('-q, --quiet', 'no progress on stderr (default: progress on a terminal)')
    .option('--verbose', 'show where an error came from (default: one line)');
}

export function addImportOptions(command: Command) {
  return command
    .argument('<file>', 'what qt journal export has written; - for stdin')
    .requiredOption('--to <directory>', 'where to make the journal; it may be there if it is empty (to be given; default: none)')
    .option('--json', 'print what was done as one JSON object (default: text)')
    .option('-q, --quiet', 'no progress on stderr (default: progress on a terminal)')
    .option('--verbose', 'show where an error came from (default: one line)');
}
