/**
 * Which modules of the package share a file. A file costs about a millisecond on each thread that loads it, what lies unused in
 * it next to nothing; so there are few files, cut by who loads them:
 *
 *   core         a worker thread     events, rings, codec, the drain
 *   model        its handlers        the catalogue of events
 *   components   those of trading    what they need besides
 *   engine       who embeds it       the bus and the journal, on top of core
 *   app          `qt run`            configuration, feeds, reports, on top of the others
 *   command      `qt --version`      what is answered without any of them
 *
 * Each takes along what it imports and what none above has taken. Everything else, such as the other commands, is cut by the
 * bundler.
 */
import type { CodeSplittingGroup, Plugin } from 'rolldown';
import { parseSync } from 'rolldown/utils';

export const CHUNKS: CodeSplittingGroup[] = [
  { name: 'command', test: /[\\/]src[\\/]cli[\\/]exit-codes\.ts$|[\\/]package\.json$/ },
  { name: 'core', test: /[\\/]src[\\/](engine[\\/]worker\.ts$|(base|event|ring|codec)[\\/])/ },
  { name: 'model', test: /[\\/]src[\\/]model[\\/]/ },
  // A thread entry does its work where it is loaded, so it stays apart.
  { name: 'engine', test: /[\\/]src[\\/](engine|journal)[\\/](?!writer-thread\.ts)/ },
  { name: 'components', test: /[\\/]src[\\/](trading[\\/][\w-]+[\\/]|quant[\\/]|app[\\/][\w-]+-handler\.ts$)/ },
  { name: 'app', test: /[\\/]src[\\/]cli[\\/]commands[\\/]run[\\/]handler\.ts$/ },
].map((group, index, groups) => ({ ...group, priority: groups.length - index }));

/** Elsewhere a mere declaration may do something for others: it registers an event. */
const DECLARING = /[\\/]src[\\/](app|cli|feed|journal|observe|quant|trading)[\\/]/;

/** Marks modules that only declare, so that importing a door does not bring what is not used of it. */
export function markIdleModules(): Plugin {
  return {
    name: 'idle-modules',
    transform(code, id) {
      if (!DECLARING.test(id) || !id.endsWith('.ts')) return null;
      const isIdle = parseSync(id, code).program.body.every(({ type }) => type.endsWith('Declaration'));
      return isIdle ? { moduleSideEffects: false } : null;
    },
  };
}
