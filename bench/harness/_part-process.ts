/** The process of one part of a run: its argument says which, as JSON. */
import { runPart, type PartRequest } from './parts.ts';

// Not awaited: the single executable holds this module too, as a part of a script that cannot wait at its top.
void runPart(JSON.parse(process.argv[2]!) as PartRequest);
