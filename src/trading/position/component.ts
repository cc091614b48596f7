import type { Component } from '../component.ts';
import { resolvePositionStateOptions, type PositionStateOptions } from './options.ts';
import { POSITION_INPUTS } from './service.ts';

/**
 * The position service with the position monitor as a component.
 *
 * @throws QtError QT_OPTION_INVALID
 */
export function positionStateComponent(options: PositionStateOptions = {}): Component {
  resolvePositionStateOptions(options);
  return {
    name: 'position_state_service',
    module: new URL('./handler.ts', import.meta.url),
    patterns: [...POSITION_INPUTS],
    broadcast: [],
    owner: 'symbol',
    options,
  };
}
