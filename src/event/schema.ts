import { Type, type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { describe } from '../base/index.ts';

export { Type, type Static, type TSchema };

/** The first thing wrong with a value. */
export interface SchemaFault {
  /** Dotted path of the field, empty for the value itself. */
  readonly field: string;
  readonly message: string;
}

/** A compiled schema. Works from plain JSON Schema too, which is how schemas reach worker threads. */
export interface SchemaCheck {
  check(value: unknown): boolean;
  /** What is wrong, or null. Slow: only for the message after `check` said no. */
  firstFault(value: unknown): SchemaFault | null;
}

/** Compiles on first use, because a catalogue has a hundred types and a run uses twenty. */
export function compileSchema(schema: TSchema): SchemaCheck {
  let compiled: ReturnType<typeof Compile> | undefined;
  const validator = (): ReturnType<typeof Compile> => (compiled ??= Compile(schema));
  return {
    check: (value) => validator().Check(value),
    firstFault: (value) => {
      const fault = [...validator().Errors(value)].at(-1);
      if (fault === undefined) return null;
      const path = fault.instancePath.split('/').filter((part) => part !== '');
      let at: unknown = value;
      for (const part of path) at = (at as Record<string, unknown> | undefined)?.[part];
      const missing = (fault.params as { requiredProperties?: string[] }).requiredProperties;
      if (missing !== undefined && missing.length > 0) {
        return { field: [...path, missing[0]].join('.'), message: 'is missing' };
      }
      return { field: path.join('.'), message: `${fault.message}, got ${describe(at)}` };
    },
  };
}
