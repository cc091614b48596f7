import { readFile } from 'node:fs/promises';
import { parse, YAMLParseError } from 'yaml';
import { QtError } from '../../base/index.ts';
import { QT_CONFIG_INVALID, QT_CONFIG_UNREADABLE } from '../errors.ts';
import { checkConfig, isRecord } from './check.ts';
import { leavesOf, type FieldSchema } from './fields.ts';

/** A part of a configuration and where it came from. */
export interface ConfigLayer {
  readonly source: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A setting from the command line. */
export interface ConfigFlag {
  /** As the user wrote it, such as `--workers`. */
  readonly flag: string;
  /** Dotted, such as `engine.workers`. */
  readonly path: string;
  readonly value: unknown;
}

/**
 * Reads a YAML file.
 *
 * @throws QtError QT_CONFIG_UNREADABLE, QT_CONFIG_INVALID naming the line, the path or the key
 */
export async function readFileLayer(schema: FieldSchema, path: string): Promise<ConfigLayer> {
  const content = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new QtError(QT_CONFIG_UNREADABLE, `Cannot read the configuration ${path}: ${reasonOf(cause)}`, { cause, details: { path } });
  });
  const values = parseYaml(content, path) ?? {};
  checkConfig(schema, values, path);
  return { source: path, values: values as Record<string, unknown> };
}

function parseYaml(content: string, source: string): unknown {
  try {
    return parse(content);
  } catch (cause) {
    const [line] = (cause as Error).message.split('\n');
    const kind = cause instanceof YAMLParseError ? cause.code : 'YAML';
    throw new QtError(QT_CONFIG_INVALID, `Cannot use the configuration: ${source}: ${String(line).replace(/:$/, '')} (${kind})`, {
      cause,
      details: { source },
    });
  }
}

/**
 * Takes the settings that are given as variables: `QT_` and the path in capitals, `engine.ringBytes` is `QT_ENGINE_RING_BYTES`.
 * Other variables that start with QT_ belong to other programs and are left alone.
 *
 * @throws QtError QT_CONFIG_INVALID naming the variable
 */
export function readEnvironmentLayers(schema: FieldSchema, environment: Readonly<Record<string, string | undefined>>): ConfigLayer[] {
  return leavesOf(schema).flatMap(({ path, schema: field }) => {
    const name = toVariable(path);
    const given = environment[name];
    if (given === undefined) return [];
    const values = nest(path, toValue(field, given, name));
    checkConfig(schema, values, name);
    return [{ source: name, values }];
  });
}

/** The variable that stands for a setting. */
export function toVariable(path: readonly string[]): string {
  return ['QT', ...path.map((part) => part.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').toUpperCase())].join('_');
}

/** A text stays as it is; everything else is written as in the file. */
function toValue(field: FieldSchema, given: string, name: string): unknown {
  const isText = field.type === 'string' || field.enum !== undefined;
  return isText ? given : parseYaml(given, name);
}

/** @throws QtError QT_CONFIG_INVALID naming the flag */
export function readFlagLayers(schema: FieldSchema, flags: readonly ConfigFlag[]): ConfigLayer[] {
  return flags.map(({ flag, path, value }) => {
    const values = nest(path.split('.'), value);
    checkConfig(schema, values, flag);
    return { source: flag, values };
  });
}

function nest(path: readonly string[], value: unknown): Record<string, unknown> {
  const [name = '', ...rest] = path;
  return { [name]: rest.length === 0 ? value : nest(rest, value) };
}

/** Later layers win, setting by setting; lists and maps are replaced whole. */
export function mergeLayers(schema: FieldSchema, base: unknown, layers: readonly ConfigLayer[]): unknown {
  return layers.reduce((merged, { values }) => overlay(schema, merged, values), base);
}

function overlay(schema: FieldSchema, base: unknown, values: unknown): unknown {
  if (schema.properties === undefined || !isRecord(values) || !isRecord(base)) return structuredClone(values);
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(values)) merged[name] = overlay(schema.properties[name] ?? {}, base[name], value);
  return merged;
}

/** Why the system refused a file, without its jargon. */
export function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'it is a directory';
    case 'ENOTDIR':
      return 'a part of the path is no directory';
    case 'EACCES':
    case 'EPERM':
      return 'access is denied';
    default:
      return error.message;
  }
}
