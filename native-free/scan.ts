/** Looks for compiled code, and for what would fetch or build it, in a folder of a package or in the bundle. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export interface Finding {
  readonly file: string;
  readonly what: string;
}

export interface ScanResult {
  readonly fileCount: number;
  readonly findings: Finding[];
}

const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];

/** What code says that loads a compiled add-on. */
const LOADERS: [RegExp, string][] = [
  [/\.node['"`]/, 'names a .node file'],
  [/\bprocess\.dlopen\b/, 'calls process.dlopen'],
  [
    /['"`](node-gyp-build|bindings|node-pre-gyp|@mapbox\/node-pre-gyp|prebuild-install|msgpackr-extract)['"`]/,
    'loads a loader of compiled add-ons',
  ],
];

/** Scans a package: its files by name, its package.json for install scripts. Packages nested in it are scanned as their own. */
export function scanPackage(folder: string): ScanResult {
  const files = listFiles(folder);
  const findings = files.flatMap((file) => compiledFile(file));
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    scripts?: Record<string, string>;
    gypfile?: boolean;
  };
  for (const name of INSTALL_SCRIPTS) {
    if (manifest.scripts?.[name] !== undefined)
      findings.push({ file: 'package.json', what: `has an install script: ${name}: ${manifest.scripts[name]}` });
  }
  if (manifest.gypfile === true) findings.push({ file: 'package.json', what: 'asks for node-gyp' });
  return { fileCount: files.length, findings };
}

/** Scans bundled code: its files by name, and the text of its JavaScript. */
export function scanBundle(folder: string): ScanResult {
  const files = listFiles(folder);
  const findings = files.flatMap((file) => compiledFile(file));
  for (const file of files.filter((name) => /\.[cm]?js$/.test(name))) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [pattern, what] of LOADERS) if (pattern.test(text)) findings.push({ file, what });
  }
  return { fileCount: files.length, findings };
}

function compiledFile(file: string): Finding[] {
  if (file.endsWith('.node')) return [{ file, what: 'is a compiled add-on' }];
  if (/(^|[\\/])binding\.gyp$/.test(file)) return [{ file, what: 'is built by node-gyp' }];
  return [];
}

function listFiles(folder: string): string[] {
  const files: string[] = [];
  const pending = [folder];
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    for (const entry of readdirSync(current, { withFileTypes: true })) {
      const path = join(current, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules') pending.push(path);
      } else files.push(relative(folder, path));
    }
  }
  return files;
}
