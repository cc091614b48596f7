/** Another commit of this checkout in a folder of its own, for as long as it is needed. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { invalidOption } from '../../src/base/index.ts';

export interface Worktree {
  /** The checkout that the command runs in. */
  readonly ownRoot: string;
  readonly root: string;
  readonly commit: string;
  /** Takes the folder away; safe to call twice. */
  remove(): void;
}

/**
 * Checks the revision out beside the working tree, with the same packages and with this tree's bench: both sides are
 * asked the same question by the same code, and differ in `src/` alone.
 *
 * @throws QtError QT_OPTION_INVALID outside a checkout, and for a revision that does not exist
 */
export function openWorktree(revision: string): Worktree {
  const ownRoot = ownCheckout(revision);
  const commit = commitOf(ownRoot, revision);
  const folder = mkdtempSync(join(tmpdir(), 'qt-compare-'));
  const root = join(folder, 'tree');
  let isOpen = true;
  const remove = (): void => {
    if (!isOpen) return;
    isOpen = false;
    rmSync(folder, { recursive: true, force: true });
    git(ownRoot, 'worktree', 'prune');
  };
  try {
    git(ownRoot, 'worktree', 'add', '--detach', '--quiet', root, commit);
    symlinkSync(join(ownRoot, 'node_modules'), join(root, 'node_modules'));
    for (const part of ['bench', 'bench.config.ts']) {
      rmSync(join(root, part), { recursive: true, force: true });
      cpSync(join(ownRoot, part), join(root, part), { recursive: true });
    }
  } catch (error) {
    remove();
    throw error;
  }
  return { ownRoot, root, commit: commit.slice(0, 12), remove };
}

function ownCheckout(revision: string): string {
  try {
    const root = git(process.cwd(), 'rev-parse', '--show-toplevel');
    if (git(root, 'ls-files', 'bench/catalogue.ts') !== '') return root;
  } catch {
    // The same as a checkout of something else.
  }
  throw invalidOption('compare', revision, 'a revision, with the command run inside a checkout of this project');
}

function commitOf(root: string, revision: string): string {
  try {
    return git(root, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`);
  } catch {
    throw invalidOption('compare', revision, 'a commit, branch or tag of this checkout');
  }
}

function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}
