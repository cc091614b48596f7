/**
 * `npm run native-free`: proves that no compiled add-on, and nothing that would build or fetch one, is in what an install
 * without development packages brings, or in the bundle that is published. Exits with 1 when it finds one.
 *
 * Left out on purpose, with what is used instead:
 *   msgpackr-extract  a stub that throws; msgpackr's ES module entry never asks for it
 *   @napi-rs/nice     a stub that throws; piscina asks for it only when its option niceIncrement is set
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';
import { productionPackages } from './production-tree.ts';
import { scanBundle, scanPackage, type Finding } from './scan.ts';

// The tests name a tree of their own here, with an offender in it.
const root = process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url));
const outDir = mkdtempSync(join(tmpdir(), 'qt-audit-'));

try {
  const count = auditPackages() + (await auditBundle());
  console.log(count === 0 ? 'native-free: nothing compiled found' : `native-free: ${count} found`);
  process.exitCode = count === 0 ? 0 : 1;
} catch (error) {
  console.error(`native-free: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  rmSync(outDir, { recursive: true, force: true });
}

function auditPackages(): number {
  let count = 0;
  for (const one of productionPackages(root)) {
    const label = `${one.name}@${one.version}${one.isRuntime ? ' (the Node runtime)' : ''}`;
    const { fileCount, findings } = one.isInstalled ? scanPackage(one.folder) : { fileCount: 0, findings: [] };
    if (one.hasInstallScript && findings.length === 0) findings.push({ file: 'package-lock.json', what: 'has an install script' });
    console.log(`${label}: ${one.isInstalled ? `${fileCount} files` : 'not for this machine, looked up in the lock file'}`);
    count += report(findings);
  }
  return count;
}

async function auditBundle(): Promise<number> {
  await bundle(root, outDir);
  const { fileCount, findings } = scanBundle(outDir);
  console.log(`the bundle: ${fileCount} files`);
  return report(findings);
}

function report(findings: readonly Finding[]): number {
  for (const { file, what } of findings) console.log(`  FOUND ${file} ${what}`);
  return findings.length;
}
