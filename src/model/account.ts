/** The account of a run that names no other. */
export const MAIN_ACCOUNT = 'main';

/**
 * Partition key of an account: everything that counts its money goes through one owner with this key.
 *
 * @example accountKey() // 'acct:main'
 */
export function accountKey(account: string = MAIN_ACCOUNT): string {
  return `acct:${account}`;
}
