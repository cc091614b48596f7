/** The process of one case: arguments are its module and its settings as JSON. */
import type { BenchCase } from '../case.ts';
import type { CaseMessage } from './isolate.ts';

const [url, settings] = process.argv.slice(2);

async function measure(): Promise<CaseMessage> {
  try {
    const { bench } = (await import(url!)) as { bench: BenchCase };
    const report = await bench.run(JSON.parse(settings!) as never);
    return { status: 'done', question: bench.question, report };
  } catch (error) {
    return {
      status: 'failed',
      message: error instanceof Error ? (error.name === 'CheckError' ? error.message : error.stack!) : String(error),
    };
  }
}

const message = await measure();
// A case that failed half-way may have left threads behind; they end with the process.
process.send!(message, () => process.exit(message.status === 'done' ? 0 : 1));
