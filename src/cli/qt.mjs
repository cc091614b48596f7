#!/usr/bin/env node
// The `qt` command of a checkout. Plain ES2020, because any Node may start it; the command itself is TypeScript for Node 26.
if (Number(process.versions.node.split('.')[0]) >= 26) {
  import('./main.ts').catch((error) => {
    process.stderr.write(`qt: ${(error && error.stack) || error}\n`);
    process.exitCode = 1;
  });
} else {
  void import('./bootstrap.cjs').then(({ default: bootstrap }) => bootstrap.start('src/cli/main.ts', process.argv.slice(2)));
}
