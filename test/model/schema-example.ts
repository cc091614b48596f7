/** What the example maker reads of a JSON schema. */
export interface Schema {
  readonly title?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly pattern?: string;
}

/** A value that fits; with `all`, optional fields are there too. */
export function exampleOf(schema: Schema, all: boolean): unknown {
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.anyOf?.[0] !== undefined) return exampleOf(schema.anyOf[0], all);
  if (schema.pattern !== undefined) return '2026-03-08';
  switch (schema.type) {
    case 'string':
      return 'x1';
    case 'boolean':
      return true;
    case 'integer':
    case 'number':
      return 1;
    case 'array':
      return [exampleOf(schema.items ?? {}, all)];
    case 'object': {
      const required = new Set(schema.required);
      const fields = Object.entries(schema.properties ?? {}).filter(([name]) => all || required.has(name));
      return Object.fromEntries(fields.map(([name, field]) => [name, exampleOf(field, all)]));
    }
    default:
      return null;
  }
}

/** Every field of a schema at any depth, by dotted path; `[]` marks the elements of a list. */
export function fieldsOf(schema: Schema, path = ''): { path: string; name: string; schema: Schema }[] {
  const inner = schema.items !== undefined ? fieldsOf(schema.items, `${path}[]`) : [];
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return [{ path: at, name, schema: field }, ...fieldsOf(field, at)];
  });
  return [...own, ...inner, ...(schema.anyOf ?? []).flatMap((part) => fieldsOf(part, path))];
}
