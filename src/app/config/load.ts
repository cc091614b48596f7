import { checkConfig } from './check.ts';
import { defaultsOf, type FieldSchema } from './fields.ts';
import { mergeLayers, readEnvironmentLayers, readFileLayer, readFlagLayers, type ConfigFlag, type ConfigLayer } from './layers.ts';
import { configSchema, type Config, type Profile } from './schema.ts';

export interface ConfigSources {
  /** Path of a YAML file. */
  readonly file?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly flags?: readonly ConfigFlag[];
}

/**
 * Reads and checks what was set: file, then variables, then flags; later ones win.
 *
 * @throws QtError QT_CONFIG_INVALID, QT_CONFIG_UNREADABLE
 */
export async function readLayers({ file, environment = {}, flags = [] }: ConfigSources): Promise<ConfigLayer[]> {
  // Both profiles have the same shape.
  const schema = configSchema('daily') as FieldSchema;
  const fromFile = file === undefined ? [] : [await readFileLayer(schema, file)];
  return [...fromFile, ...readEnvironmentLayers(schema, environment), ...readFlagLayers(schema, flags)];
}

/** What was set over the defaults of a profile. */
export function resolveConfig(layers: readonly ConfigLayer[], profile: Profile): Config {
  const schema = configSchema(profile) as FieldSchema;
  const config = mergeLayers(schema, defaultsOf(schema), layers);
  // Each layer was checked; this holds the defaults themselves to the same rules.
  checkConfig(schema, config, 'defaults');
  return { ...(config as Config), profile };
}

/** The profile that was asked for, or the one that fits the bars. */
export function profileOf(layers: readonly ConfigLayer[], timeframe: string): Profile {
  const asked = layers.findLast(({ values }) => values['profile'] !== undefined)?.values['profile'];
  if (asked === 'daily' || asked === 'minute') return asked;
  return timeframe === '1d' ? 'daily' : 'minute';
}
