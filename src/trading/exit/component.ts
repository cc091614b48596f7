import type { Component } from '../component.ts';
import { ACCOUNT_EVENTS } from './account-events.ts';
import { MARKET_EVENTS } from './market-events.ts';
import { resolveExitBrainOptions, type ExitBrainOptions } from './options.ts';

/**
 * The exit brain as a component. Market data reaches the owner of its symbol; everything about positions and the account
 * reaches every instance, because the weakest position is a question about all of them.
 *
 * @throws QtError QT_OPTION_INVALID
 */
export function exitBrainComponent(options: ExitBrainOptions = {}): Component {
  resolveExitBrainOptions(options);
  return {
    name: 'exit_brain',
    module: new URL('./handler.ts', import.meta.url),
    patterns: MARKET_EVENTS.map(({ type }) => type),
    broadcast: ACCOUNT_EVENTS.map(({ type }) => type),
    owner: 'symbol',
    options,
  };
}
