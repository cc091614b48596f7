/**
 * A process that keeps a database of a journal, in many small transactions, and says on stdout where it is. Begins when it
 * gets a byte on stdin, goes to the journal's end and ends when stdin does, or by being killed. Arguments: journal, database.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { startEventLogger } from '../../src/app/index.ts';

const [directory = '', path = ''] = process.argv.slice(2);
writeSync(1, 'loaded\n');
const ended = once(process.stdin, 'end');
await once(process.stdin, 'data');
const logger = await startEventLogger(directory, path, { batchEvents: 40, pollMs: 1 });
const timer = setInterval(() => writeSync(1, `${logger.position}\n`), 2);
await ended;
await logger.close();
clearInterval(timer);
writeSync(1, `end ${JSON.stringify(logger.report())}\n`);
