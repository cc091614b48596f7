import { QtError, resources } from '../../base/index.ts';
import type { HandlerContext, QtEvent } from '../../event/index.ts';
import { QT_STRATEGY_MODULE_INVALID } from './errors.ts';
import { resolveStrategyOptions, type StrategyOptions } from './options.ts';
import { createStrategyState, step, type StrategyState } from './runtime.ts';
import type { StrategyKind } from './strategy.ts';

/** @throws QtError QT_OPTION_INVALID, QT_STRATEGY_MODULE_INVALID */
export async function setup(options: StrategyOptions): Promise<StrategyState> {
  const foreign: Record<string, StrategyKind> = {};
  for (const { id, module } of resolveStrategyOptions(options).strategies) {
    if (module !== '') foreign[id] = await loadKind(id, module);
  }
  return createStrategyState(options, foreign);
}

export function onEvent(event: QtEvent, ctx: HandlerContext<StrategyState>): void {
  for (const derived of step(ctx.state, event)) ctx.publish(derived);
}

async function loadKind(id: string, url: string): Promise<StrategyKind> {
  let kind: Partial<StrategyKind> | undefined;
  try {
    ({ kind } = (await resources.importModule(url)) as { kind?: Partial<StrategyKind> });
  } catch (cause) {
    throw new QtError(
      QT_STRATEGY_MODULE_INVALID,
      `Cannot load strategy ${id} from ${url}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause, details: { id, url } },
    );
  }
  if (typeof kind?.create !== 'function' || typeof kind.parameters !== 'object') {
    throw new QtError(QT_STRATEGY_MODULE_INVALID, `Cannot use ${url} as strategy ${id}: it exports no kind with parameters and create`, {
      details: { id, url },
    });
  }
  return kind as StrategyKind;
}
