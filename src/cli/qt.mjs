#!/usr/bin/env node
// The `qt` command of a checkout. Plain ES2020, because any Node may start it; the command itself is TypeScript for Node 26.
import { readFileSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  // Answered here, because the part of Node that reads TypeScript takes longer to load than Node itself.
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  process.stdout.write(`${version}\n`);
} else if (Number(process.versions.node.split('.')[0]) >= 26) {
  keepCompiled();
  import('./main.ts').catch((error) => {
    process.stderr.write(`qt: ${(error && error.stack) || error}\n`);
    process.exitCode = 1;
  });
} else {
  void import('./bootstrap.cjs').then(({ default: bootstrap }) => bootstrap.start('src/cli/main.ts', args));
}

/** Types are stripped and code is compiled once, not at every start and on every thread. Where nothing can be written, it is not kept. */
function keepCompiled() {
  if (process.env.NODE_COMPILE_CACHE !== undefined || process.env.NODE_DISABLE_COMPILE_CACHE !== undefined) return;
  const { directory } = module.enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/quantum-trader', import.meta.url)));
  // This thread has it now; the threads that it starts look here.
  if (directory !== undefined) process.env.NODE_COMPILE_CACHE = directory;
}
