/**
 * Packages that are compared with and not needed: an installed `quantum-trader` runs the bench without them, and says
 * what it left out. Where one lies in the folder that the command runs in, it is used.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { resources } from '../../src/base/index.ts';

/** Something to compare with is not on this machine. */
export class MissingPeer extends Error {
  override readonly name = 'MissingPeer';
}

/**
 * A package that the build puts into what it ships, but an install without development packages does not bring.
 *
 * @throws MissingPeer when it is not installed
 */
export function orMissing<T>(name: string, load: () => Promise<T>): Promise<T> {
  return loadFirst<T>(name, [load]);
}

/** @throws MissingPeer when the package is not installed */
export async function importOptional<T>(name: string): Promise<T> {
  // No literal import: a bundler leaves the package alone.
  return loadFirst<T>(name, [() => resources.importModule(name), () => importFromFolder(name)]);
}

async function loadFirst<T>(name: string, loaders: readonly (() => Promise<unknown>)[]): Promise<T> {
  for (const load of loaders) {
    try {
      return (await load()) as T;
    } catch (error) {
      // The last one is what the single executable says, whose own code lies in no folder.
      if (!/MODULE_NOT_FOUND|UNKNOWN_BUILTIN_MODULE/.test((error as { code?: string }).code ?? '')) throw error;
    }
  }
  throw new MissingPeer(`${name} is not installed`);
}

async function importFromFolder(name: string): Promise<unknown> {
  const file = createRequire(join(process.cwd(), 'package.json')).resolve(name);
  return resources.importModule(pathToFileURL(file).href);
}
