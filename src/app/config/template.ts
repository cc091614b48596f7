import { Document, isMap, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml';
import { BUILT_IN_STRATEGIES } from '../../trading/strategy/index.ts';
import { defaultsOf, expectationOf, isSection, type FieldSchema } from './fields.ts';
import { toVariable } from './layers.ts';
import { configSchema, type Profile } from './schema.ts';

const HEADER = ` quantum-trader configuration, profile PROFILE.
 Every setting is written with its default; delete what you do not change. Use it with: qt run --config FILE
 Durations: 500ms, 30s, 5m, 72h, 20d, 8w. A variable QT_... overrides a setting, a flag overrides both.`;

/**
 * A configuration file in which every setting has its default, its unit, its range and its meaning beside it.
 * It is made from the schema that checks it, so reading it back gives the defaults.
 */
export function configTemplate(profile: Profile): string {
  const schema = configSchema(profile) as FieldSchema;
  const document = new Document(defaultsOf(schema));
  document.commentBefore = HEADER.replace('PROFILE', profile);
  comment(document.contents as YAMLMap, schema, []);
  commentStrategy(document);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function comment(node: YAMLMap, schema: FieldSchema, path: readonly string[]): void {
  for (const pair of node.items) {
    const { key, value } = pair as Pair;
    if (!isScalar(key)) continue;
    const at = [...path, String(key.value)];
    const field = schema.properties?.[String(key.value)] ?? {};
    key.commentBefore = isSection(field) ? ` ${field.description}` : describeField(field, at);
    if (path.length === 0) key.spaceBefore = true;
    if (isSection(field) && isMap(value)) comment(value, field, at);
    else if (isSeq(value)) for (const item of value.items) if (isMap(item) && at[0] === 'exit') item.flow = true;
  }
}

function describeField(field: FieldSchema, path: readonly string[]): string {
  const unit = field.unit === undefined ? '' : `; unit: ${field.unit}`;
  return ` ${field.description}\n ${expectationOf(field)}${unit}; default ${JSON.stringify(field.default)}; ${toVariable(path)}`;
}

/** The parameters of a strategy are its own, so they are not in the schema. */
function commentStrategy(document: Document): void {
  const parameters = document.getIn(['strategies', 0, 'parameters']);
  if (!isMap(parameters)) return;
  const specs = BUILT_IN_STRATEGIES[String(document.getIn(['strategies', 0, 'kind']))]?.parameters ?? {};
  for (const { key } of parameters.items) {
    if (!isScalar(key)) continue;
    const spec = specs[String(key.value)];
    if (spec !== undefined) key.commentBefore = ` ${spec.description}; ${spec.min} to ${spec.max}`;
  }
}
