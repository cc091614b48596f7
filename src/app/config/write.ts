import { rename, unlink, writeFile } from 'node:fs/promises';
import { QtError } from '../../base/index.ts';
import { QT_CONFIG_NOT_WRITTEN } from '../errors.ts';
import { reasonOf } from './layers.ts';
import type { Profile } from './schema.ts';
import { configTemplate } from './template.ts';

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'it is there already; replace it with --force',
  ENOENT: 'there is no such folder',
};

/**
 * Writes a configuration with every default.
 *
 * @param replace false refuses a path that is taken; true keeps the old file until the new one is whole
 * @throws QtError QT_CONFIG_NOT_WRITTEN
 */
export async function writeConfigFile(path: string, profile: Profile, replace: boolean): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  try {
    await writeFile(replace ? draft : path, configTemplate(profile), { flag: 'wx' });
    if (replace) await rename(draft, path);
  } catch (cause) {
    // Only after a failed rename is there a draft to take away.
    await unlink(draft).catch(() => {});
    const error = cause as NodeJS.ErrnoException;
    const reason = REASONS[error.code ?? ''] ?? reasonOf(error);
    throw new QtError(QT_CONFIG_NOT_WRITTEN, `Cannot write ${path}: ${reason}`, { cause, details: { path } });
  }
}
