import { QtError, resources, type Logger } from '../base/index.ts';
import type { Handler, SetupInfo } from '../event/index.ts';
import { QT_HANDLER_LOAD_FAILED } from './errors.ts';

/** What a module handler needs to be loaded, as plain data. */
export interface HandlerModuleSpec {
  readonly url: string;
  readonly exportName: string;
  readonly options: unknown;
  readonly instance: string;
  readonly group: string;
  readonly member: number;
}

export interface LoadedHandler {
  readonly handler: Handler;
  readonly state: unknown;
}

interface HandlerModule extends Record<string, unknown> {
  readonly setup?: (options: unknown, info: SetupInfo) => unknown;
  readonly teardown?: (state: unknown) => unknown;
}

/** Loads handler modules on this thread; handlers of one instance share one `setup` result. */
export class HandlerLoader {
  readonly #logger: Logger;
  readonly #instances = new Map<string, Promise<{ module: HandlerModule; state: unknown }>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @throws QtError QT_HANDLER_LOAD_FAILED */
  async load(spec: HandlerModuleSpec): Promise<LoadedHandler> {
    const name = `${spec.instance}\n${spec.url}`;
    let instance = this.#instances.get(name);
    if (instance === undefined) {
      instance = this.#create(spec);
      this.#instances.set(name, instance);
    }
    const { module, state } = await instance;
    const handler = module[spec.exportName];
    if (typeof handler !== 'function') {
      throw new QtError(QT_HANDLER_LOAD_FAILED, `Cannot load handler ${spec.exportName} of ${spec.url}: the module has no such function`, {
        details: { url: spec.url, exportName: spec.exportName },
      });
    }
    return { handler: handler as Handler, state };
  }

  /** Runs every `teardown`; failures are logged, because nothing can be done about them any more. */
  async close(): Promise<void> {
    for (const instance of this.#instances.values()) {
      try {
        const { module, state } = await instance;
        await module.teardown?.(state);
      } catch (error) {
        this.#logger.warn({ err: error }, 'teardown of a handler module failed');
      }
    }
    this.#instances.clear();
  }

  async #create(spec: HandlerModuleSpec): Promise<{ module: HandlerModule; state: unknown }> {
    try {
      const module = (await resources.importModule(spec.url)) as HandlerModule;
      const info: SetupInfo = { group: spec.group, member: spec.member, logger: this.#logger };
      return { module, state: await module.setup?.(spec.options, info) };
    } catch (error) {
      throw new QtError(QT_HANDLER_LOAD_FAILED, `Cannot load handler module ${spec.url}: ${messageOf(error)}`, {
        cause: error,
        details: { url: spec.url },
      });
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
