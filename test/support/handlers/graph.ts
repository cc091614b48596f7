import type { HandlerContext, QtEvent } from '../../../src/index.ts';

interface Node {
  readonly symbol: string;
  readonly depth: number;
  readonly fan: number;
  readonly path: string;
  readonly fails: boolean;
}

/** Derives `fan` nodes a level down, for other symbols; fails its first attempt if the node says so. */
export function onNode(event: QtEvent, ctx: HandlerContext): unknown {
  const node = event.payload as unknown as Node;
  if (node.depth > 0) {
    for (let n = 0; n < node.fan; n++) {
      const symbol = `S${(node.path.length * 7 + n * 3 + ctx.group.length) % 5}`;
      const child = { symbol, depth: node.depth - 1, fan: node.fan, path: `${node.path}/${ctx.group}${n}`, fails: false };
      ctx.publish({ type: 'graph.node', key: symbol, payload: child });
    }
  }
  if (node.fails && ctx.attempt === 1) throw new Error('the first attempt fails');
  return node.path.length % 3 === 0 ? new Promise(setImmediate) : undefined;
}
