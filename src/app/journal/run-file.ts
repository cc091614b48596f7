import { readFileSync } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { QtError } from '../../base/index.ts';
import { checkConfig, isRecord } from '../config/check.ts';
import type { FieldSchema } from '../config/fields.ts';
import { reasonOf } from '../config/layers.ts';
import { resolveConfig } from '../config/load.ts';
import { configSchema, type Profile } from '../config/schema.ts';
import type { RunContext } from '../components.ts';
import { QT_APP_INPUT_UNREADABLE } from '../errors.ts';
import type { RunIdentity } from '../identity.ts';
import type { RunEngine } from '../run-bus.ts';

/** What a journal does not say of its run, and a repetition needs to know. */
export interface RunFile {
  readonly version: 1;
  readonly identity: RunIdentity;
  readonly engine: RunEngine;
  /** With every setting, also those that had their default. */
  readonly context: RunContext;
}

export const RUN_FILE = 'run.json';

/** Writes `run.json` beside a journal, whole or not at all. */
export async function writeRunFile(directory: string, run: Omit<RunFile, 'version'>): Promise<void> {
  await writeRunText(directory, `${JSON.stringify({ version: 1, ...run }, null, 2)}\n`);
}

/** The same, of a text that was read elsewhere. */
export async function writeRunText(directory: string, text: string): Promise<void> {
  const path = join(directory, RUN_FILE);
  const draft = `${path}.new`;
  const file = await open(draft, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

/** Its text, null if there is none. Throws system errors. */
export function readRunText(directory: string): string | null {
  try {
    return readFileSync(join(directory, RUN_FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Reads `run.json`; null if there is none.
 *
 * @throws QtError QT_APP_INPUT_UNREADABLE, QT_CONFIG_INVALID
 */
export async function readRunFile(directory: string): Promise<RunFile | null> {
  const path = join(directory, RUN_FILE);
  const unreadable = (reason: string, cause?: unknown): QtError =>
    new QtError(QT_APP_INPUT_UNREADABLE, `Cannot read ${path}: ${reason}`, { cause, details: { path } });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unreadable(reasonOf(cause as NodeJS.ErrnoException), cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable('it is no JSON', cause);
  }
  if (!isRecord(value) || value['version'] !== 1 || !isRecord(value['context']) || !isRecord(value['engine'])) {
    throw unreadable('it is not what qt run writes beside a journal');
  }
  const run = value as unknown as RunFile;
  // People edit files: what the components are given must be what the configuration allows.
  const { config } = run.context;
  const schema = configSchema(isRecord(config) && config.profile === 'minute' ? 'minute' : 'daily') as FieldSchema;
  checkConfig(schema, config, path);
  if (!isRecord(run.context.info) || typeof run.context.slackUs !== 'number') throw unreadable('it does not say what the feed was');
  return { ...run, context: { ...run.context, config: resolveConfig([{ source: path, values: config }], config.profile as Profile) } };
}
