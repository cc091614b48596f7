/** The package.json of the published package: what users need of ours, and no dependencies, for `dist/` brings everything. */
import { EXECUTABLES, NODE_OLDEST } from './bundle.ts';

type Manifest = Record<string, unknown>;

const KEPT = ['name', 'version', 'description', 'keywords', 'license', 'author', 'repository', 'homepage', 'bugs', 'type'];

export function publishedManifest(own: Manifest): Manifest {
  const kept = Object.fromEntries(KEPT.filter((name) => name in own).map((name) => [name, own[name]]));
  return {
    ...kept,
    engines: { node: `>=${NODE_OLDEST}` },
    bin: { qt: './dist/qt.mjs' },
    exports: {
      '.': { types: './dist/types/index.d.ts', default: './dist/index.js' },
      './trading': { types: './dist/types/trading/index.d.ts', default: './dist/trading.js' },
      './package.json': './package.json',
    },
    files: ['dist', ...[...EXECUTABLES].map((name) => `!dist/${name}`)],
    dependencies: {},
  };
}
