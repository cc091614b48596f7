/** The process of one part of a run: its argument says which, as JSON. */
import { runPart, type PartRequest } from './parts.ts';

await runPart(JSON.parse(process.argv[2]!) as PartRequest);
