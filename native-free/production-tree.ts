/** Which packages an install without the development ones brings, by the lock file. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ProductionPackage {
  readonly name: string;
  readonly version: string;
  /** Absolute path; a link is followed. */
  readonly folder: string;
  /** False for optional packages made for other machines. */
  readonly isInstalled: boolean;
  /** The Node binary: the runtime, not an add-on to it. */
  readonly isRuntime: boolean;
  /** What the lock file says, which also covers what is not installed here. */
  readonly hasInstallScript: boolean;
}

interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

const RUNTIME = /^node(-bin)?-(linux|darwin|win)-/;

/** @throws Error if a package that is not optional is missing, because then there is nothing to look at */
export function productionPackages(root: string): ProductionPackage[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockEntry & { optional?: boolean }>;
  };
  const packages: ProductionPackage[] = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (!path.startsWith('node_modules/') || entry.dev === true) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const target = entry.link === true && entry.resolved !== undefined ? entry.resolved : path;
    const folder = join(root, target);
    const isInstalled = existsSync(join(folder, 'package.json'));
    if (!isInstalled && entry.optional !== true) throw new Error(`Cannot audit ${path}: it is not installed; run \`npm ci\``);
    packages.push({
      name,
      version: entry.version ?? lock.packages[target]?.version ?? 'unknown',
      folder,
      isInstalled,
      isRuntime: RUNTIME.test(name),
      hasInstallScript: entry.hasInstallScript === true,
    });
  }
  return packages;
}
