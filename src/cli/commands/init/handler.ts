import { writeConfigFile, configTemplate } from '../../../app/index.ts';
import { EXIT_CODES, type ExitCode } from '../../exit-codes.ts';
import type { InitOptions } from './options.ts';

/** @throws QtError QT_CONFIG_NOT_WRITTEN */
export async function writeConfig(file: string, { force, profile }: InitOptions): Promise<ExitCode> {
  if (file === '-') {
    process.stdout.write(configTemplate(profile));
    return EXIT_CODES.ok;
  }
  await writeConfigFile(file, profile, force === true);
  process.stderr.write(`qt: wrote ${file}; use it with: qt run --config ${file}\n`);
  return EXIT_CODES.ok;
}
