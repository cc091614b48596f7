import type { TypeRecord } from '../codec/index.ts';

/** What frames need to be understood: types by number, and names such as the run's. */
export interface DictionaryRecords {
  readonly types: readonly TypeRecord[];
  readonly names: Readonly<Record<string, string>>;
}

/** The entries of one segment. Grows; an entry never changes its meaning. */
export class Dictionary {
  readonly #types = new Map<number, TypeRecord>();
  readonly #typeIds = new Map<string, number>();
  readonly #names = new Map<string, string>();

  get isEmpty(): boolean {
    return this.#types.size === 0 && this.#names.size === 0;
  }

  get typeCount(): number {
    return this.#types.size;
  }

  hasType(id: number): boolean {
    return this.#types.has(id);
  }

  typeName(id: number): string | undefined {
    return this.#types.get(id)?.type;
  }

  /** True if nothing in the records says otherwise than an entry that is here. */
  accepts(records: DictionaryRecords): boolean {
    for (const record of records.types) {
      const own = this.#types.get(record.id);
      const ownId = this.#typeIds.get(record.type);
      if (own !== undefined && !isSameType(own, record)) return false;
      if (ownId !== undefined && ownId !== record.id) return false;
    }
    return Object.entries(records.names).every(([key, name]) => (this.#names.get(key) ?? name) === name);
  }

  /** Adds the records and returns those that are new, or null if there are none. They must be accepted. */
  add(records: DictionaryRecords): DictionaryRecords | null {
    const types = records.types.filter((record) => !this.#types.has(record.id));
    const names = Object.entries(records.names).filter(([key]) => !this.#names.has(key));
    for (const record of types) {
      this.#types.set(record.id, record);
      this.#typeIds.set(record.type, record.id);
    }
    for (const [key, name] of names) this.#names.set(key, name);
    return types.length === 0 && names.length === 0 ? null : { types, names: Object.fromEntries(names) };
  }

  /** Puts a record in the place of whatever contradicts it; for the table of the running process, not of a segment. */
  replace(records: DictionaryRecords): void {
    for (const record of records.types) {
      const ownId = this.#typeIds.get(record.type);
      if (ownId !== undefined) this.#types.delete(ownId);
      const own = this.#types.get(record.id);
      if (own !== undefined) this.#typeIds.delete(own.type);
      this.#types.set(record.id, record);
      this.#typeIds.set(record.type, record.id);
    }
    for (const [key, name] of Object.entries(records.names)) this.#names.set(key, name);
  }

  toRecords(): DictionaryRecords {
    return { types: [...this.#types.values()], names: Object.fromEntries(this.#names) };
  }
}

export function encodeDictionary(records: DictionaryRecords): Buffer {
  return Buffer.from(JSON.stringify({ types: records.types, names: records.names }));
}

/** The records in the payload of a dictionary batch, or null if they are none. */
export function decodeDictionary(bytes: Buffer): DictionaryRecords | null {
  try {
    const value = JSON.parse(bytes.toString()) as Partial<DictionaryRecords> | null;
    if (!Array.isArray(value?.types) || typeof value.names !== 'object') return null;
    return value.types.every(isTypeRecord) ? (value as DictionaryRecords) : null;
  } catch {
    return null;
  }
}

function isTypeRecord(value: unknown): value is TypeRecord {
  const record = value as Partial<TypeRecord> | null;
  return Number.isInteger(record?.id) && typeof record?.type === 'string' && Array.isArray(record.fields);
}

function isSameType(a: TypeRecord, b: TypeRecord): boolean {
  return a.type === b.type && a.version === b.version && a.schemaHash === b.schemaHash;
}
