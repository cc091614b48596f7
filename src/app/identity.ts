import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import manifest from '../../package.json' with { type: 'json' };
import { QtError } from '../base/index.ts';
import { canonicalJson } from '../observe/index.ts';
import { reasonOf } from './config/layers.ts';
import type { Config } from './config/schema.ts';
import { QT_APP_INPUT_UNREADABLE } from './errors.ts';

/** What a run must be repeated with, and the name that follows from it. */
export interface RunIdentity {
  readonly runId: string;
  readonly codeVersion: string;
  readonly configHash: string;
  readonly dataHash: string;
}

const SHORT = 12;

/**
 * Names a run by what decides its result: code, settings, data and seed. Mode and engine are left out, because the same
 * decisions must come from both; a run that is paced by the clock is no repetition of another, so its start counts too.
 *
 * @param startedUs wall clock of a run that cannot be repeated, else null
 * @throws QtError QT_APP_INPUT_UNREADABLE
 */
export async function identifyRun(config: Config, startedUs: number | null): Promise<RunIdentity> {
  const { mode: _mode, engine: _engine, profile: _profile, feed, ...decisive } = config;
  const { rate: _rate, speed: _speed, duration: _duration, files, ...source } = feed;
  const { version } = manifest;
  const configHash = sha256(canonicalJson(decisive)).slice(0, SHORT);
  const dataHash = (await hashData(version, source, files, config.seed)).slice(0, SHORT);
  const name = sha256(canonicalJson([version, configHash, dataHash, String(config.seed), startedUs])).slice(0, SHORT);
  return { runId: `${startedUs === null ? 'bt' : 'rt'}_${name}`, codeVersion: version, configHash, dataHash };
}

/** Data that ships with the package is named by its version, made-up data by what it is made of, files by their bytes. */
async function hashData(
  version: string,
  source: Omit<Config['feed'], 'rate' | 'speed' | 'duration' | 'files'>,
  files: Config['feed']['files'],
  seed: string | number,
): Promise<string> {
  const hash = createHash('sha256').update(source.kind);
  if (source.kind === 'packaged') hash.update(version);
  else hash.update(canonicalJson(source.kind === 'synthetic' ? { ...source, seed: String(seed) } : source));
  if (source.kind === 'csv') for (const file of files) await hashFile(hash, typeof file === 'string' ? file : file.path);
  return hash.digest('hex');
}

async function hashFile(hash: Hash, path: string): Promise<void> {
  try {
    await pipeline(createReadStream(path), async function* read(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) hash.update(chunk);
      yield '';
    });
  } catch (cause) {
    const reason = reasonOf(cause as NodeJS.ErrnoException);
    throw new QtError(QT_APP_INPUT_UNREADABLE, `Cannot read ${path}: ${reason}`, { cause, details: { path } });
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
