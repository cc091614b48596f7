/**
 * The process of one part of `footprint`, started from files: apart from the other cases, because the process with bare threads
 * must not have loaded the engine.
 */
import { exposeCollector } from '../harness/collector.ts';
import type { PartRequest } from '../harness/parts.ts';
import { PARTS } from './footprint-parts.ts';

process.once('disconnect', () => process.exit(1));
exposeCollector();
void run(JSON.parse(process.argv[2]!) as PartRequest);

async function run({ settings, source }: PartRequest): Promise<void> {
  const part = PARTS[source as keyof typeof PARTS];
  const report = await part.run(settings as never);
  process.send!({ status: 'done', question: part.question, report }, () => process.exit(0));
}
