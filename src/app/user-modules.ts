import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, isPlainObject, QtError, resources } from '../base/index.ts';
import type { EventBus, SubscribeOptions } from '../engine/index.ts';
import { moduleHandler } from '../event/index.ts';
import { QT_APP_HANDLERS_INVALID } from './errors.ts';

/**
 * One entry of `subscriptions`, which a module of the user's handlers exports: what to listen to and which of its functions
 * to call, on the worker threads.
 *
 * @example
 * export const subscriptions = [{ topic: 'trades.**', handler: 'onTrade', group: 'my_trades' }];
 * export function onTrade(event, ctx) { ctx.publish({ type: 'my.trade.seen', payload: { id: event.id } }); }
 */
export interface UserSubscription extends SubscribeOptions {
  /** A type, a pattern or a list of them. */
  readonly topic: string | readonly string[];
  /** Name of the exported function; the default export if there is none. */
  readonly handler?: string;
  /** Given to the module's `setup`; plain data. */
  readonly options?: unknown;
}

/** A loaded module of the user's handlers. */
export interface UserModule {
  readonly path: string;
  readonly url: string;
  readonly subscriptions: readonly UserSubscription[];
}

/** The URL of a module that is given by a path, relative to the working directory, or by a URL. */
export function toModuleUrl(path: string): string {
  const isUrl = URL.canParse(path) && !/^[a-z]:[\\/]/i.test(path);
  return isUrl ? path : pathToFileURL(path).href;
}

/** True for the URL of a file that is not there. */
export function isMissing(url: string): boolean {
  return url.startsWith('file:') && !existsSync(fileURLToPath(url));
}

/**
 * Loads modules of handlers (`.ts`, `.mjs`, `.cjs`) on this thread, to see what they subscribe; the threads load them again.
 *
 * @throws QtError QT_APP_HANDLERS_INVALID
 */
export async function loadUserModules(paths: readonly string[]): Promise<UserModule[]> {
  const modules: UserModule[] = [];
  for (const path of paths) {
    const url = toModuleUrl(path);
    modules.push({ path, url, subscriptions: subscriptionsOf(path, await load(path, url)) });
  }
  return modules;
}

/** @throws QtError QT_APP_HANDLERS_INVALID */
export function subscribeUserModules(bus: EventBus, modules: readonly UserModule[]): void {
  for (const { path, subscriptions, url } of modules) {
    for (const { topic, handler = 'default', options, ...rest } of subscriptions) {
      const group = `${basename(path).replaceAll(/[^\w.-]/g, '_')}/${handler}`;
      try {
        bus.subscribe(topic, moduleHandler(url, handler, { options }), { group, ...rest });
      } catch (cause) {
        throw invalid(path, (cause as Error).message, cause);
      }
    }
  }
}

async function load(path: string, url: string): Promise<Record<string, unknown>> {
  if (isMissing(url)) throw invalid(path, 'there is no such file');
  try {
    return (await resources.importModule(url)) as Record<string, unknown>;
  } catch (cause) {
    throw invalid(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function subscriptionsOf(path: string, module: Record<string, unknown>): UserSubscription[] {
  const { subscriptions } = module;
  if (!Array.isArray(subscriptions)) throw invalid(path, `it exports no list "subscriptions", but ${describe(subscriptions)}`);
  return subscriptions.map((entry: unknown) => {
    const fields = typeof entry === 'object' && entry !== null && isPlainObject(entry) ? (entry as Record<string, unknown>) : {};
    if (!isTopic(fields['topic'])) {
      throw invalid(path, `an entry of "subscriptions" is ${describe(entry)}: expected { topic, handler, ... }`);
    }
    const { handler = 'default' } = fields;
    if (typeof handler !== 'string' || typeof module[handler] !== 'function') {
      throw invalid(path, `"subscriptions" names the handler ${describe(handler)}, and the module exports no such function`);
    }
    return fields as unknown as UserSubscription;
  });
}

function isTopic(value: unknown): boolean {
  return typeof value === 'string' || (Array.isArray(value) && value.every((one) => typeof one === 'string'));
}

function invalid(path: string, reason: string, cause?: unknown): QtError {
  const message = `Cannot use the handlers of ${path}: ${reason}`;
  return new QtError(QT_APP_HANDLERS_INVALID, message, { ...(cause === undefined ? {} : { cause }), details: { path } });
}
