/** The source files as the house rules see them: paths relative to the top folder, syntax trees, imports. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'rolldown/utils';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Of our own files: relative to the top folder; else undefined. */
  readonly target: string | undefined;
  /** Erased before the code runs. */
  readonly isTypeOnly: boolean;
}

export type Program = ReturnType<typeof parseSync>['program'];
export type Comments = ReturnType<typeof parseSync>['comments'];

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly program: Program;
  readonly comments: Comments;
  readonly imports: Import[];
}

/** All files that are, or are about to be, under version control; never what is ignored. */
export function listFiles(): string[] {
  const output = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' });
  return output.split('\0').filter((path) => path !== '' && existsSync(join(ROOT, path)));
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

const cache = new Map<string, SourceFile>();

/** The TypeScript files below a folder. */
export function sourceFiles(folder: string): SourceFile[] {
  return listFiles()
    .filter((path) => path.startsWith(`${folder}/`) && path.endsWith('.ts'))
    .map((path) => {
      const file = cache.get(path) ?? parse(path);
      cache.set(path, file);
      return file;
    });
}

function parse(path: string): SourceFile {
  const text = readText(path);
  const { program, comments, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`);
  return { path, text, program, comments, imports: findImports(path, program) };
}

function findImports(path: string, program: Program): Import[] {
  const imports: Import[] = [];
  const add = (specifier: string, isTypeOnly: boolean): void => {
    const target = specifier.startsWith('.') ? join(dirname(path), specifier) : undefined;
    imports.push({ specifier, target, isTypeOnly });
  };
  const visitor = new Visitor({
    ImportDeclaration: (node) => {
      const names = node.specifiers;
      const areAllTypes = names.length > 0 && names.every((one) => one.type === 'ImportSpecifier' && one.importKind === 'type');
      add(node.source.value, node.importKind === 'type' || areAllTypes);
    },
    ExportAllDeclaration: (node) => add(node.source.value, node.exportKind === 'type'),
    ExportNamedDeclaration: (node) => {
      if (node.source === null) return;
      const areAllTypes = node.specifiers.length > 0 && node.specifiers.every((one) => one.exportKind === 'type');
      add(node.source.value, node.exportKind === 'type' || areAllTypes);
    },
    ImportExpression: (node) => {
      if (node.source.type === 'Literal' && typeof node.source.value === 'string') add(node.source.value, false);
    },
  });
  visitor.visit(program);
  return imports;
}

/** All string literals of a file, with their line; import paths are not among them. */
export function stringLiterals(file: SourceFile): { value: string; line: number }[] {
  const specifiers = new Set(file.imports.map((one) => one.specifier));
  const found: { value: string; line: number }[] = [];
  const visitor = new Visitor({
    Literal: (node) => {
      if (typeof node.value === 'string' && !specifiers.has(node.value)) found.push({ value: node.value, line: lineOf(file, node.start) });
    },
    TemplateLiteral: (node) => {
      const [only] = node.quasis;
      if (node.quasis.length === 1 && only !== undefined) found.push({ value: only.value.raw, line: lineOf(file, node.start) });
    },
  });
  visitor.visit(file.program);
  return found;
}

export function lineOf(file: SourceFile, position: number): number {
  return file.text.slice(0, position).split('\n').length;
}

/** The docstring directly in front of a position, or undefined. */
export function docstringBefore(file: SourceFile, position: number): string | undefined {
  const comment = file.comments.findLast((one) => one.end <= position);
  if (comment?.type !== 'Block' || !comment.value.startsWith('*')) return undefined;
  return file.text.slice(comment.end, position).trim() === '' ? comment.value.slice(1) : undefined;
}

export interface Declaration {
  readonly name: string;
  readonly file: SourceFile;
  readonly start: number;
  /** Has behaviour, as against a type or a plain value. */
  readonly isCallable: boolean;
}

/** Everything a module declares and exports itself, by name. */
export function exportedDeclarations(file: SourceFile): Declaration[] {
  const declarations: Declaration[] = [];
  for (const statement of file.program.body) {
    if (statement.type !== 'ExportNamedDeclaration' || statement.declaration === null) continue;
    const { declaration, start } = statement;
    if (declaration.type === 'VariableDeclaration') {
      for (const one of declaration.declarations)
        if (one.id.type === 'Identifier')
          declarations.push({ name: one.id.name, file, start, isCallable: one.init?.type.endsWith('FunctionExpression') === true });
    } else if ('id' in declaration && declaration.id?.type === 'Identifier') {
      const isCallable = /^(TSDeclareFunction|FunctionDeclaration|ClassDeclaration)$/.test(declaration.type);
      declarations.push({ name: declaration.id.name, file, start, isCallable });
    }
  }
  return declarations;
}
