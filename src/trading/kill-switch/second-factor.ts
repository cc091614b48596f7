import { readFileSync } from 'node:fs';
import { cryptography, QtError } from '../../base/index.ts';
import { compileSchema, Type } from '../../event/index.ts';
import { QT_KILL_SWITCH_SECRETS_INVALID } from './errors.ts';

/** Proves that an operator is who the command says. Without one every reset is refused. */
export interface SecondFactor {
  /** True once for a valid proof; the same proof never passes twice. `nowUs` is logical time. */
  verify(operator: string, proof: string, nowUs: number): boolean;
}

/** Shared secrets by operator, as hexadecimal text of at least 32 digits (16 bytes). */
export type TotpSecrets = Readonly<Record<string, string>>;

const STEP_US = 30_000_000;
const DIGITS = 6;
const secretsSchema = compileSchema(Type.Record(Type.String(), Type.String({ pattern: '^([0-9a-fA-F]{2}){16,}$' })));

/** Refuses everyone. */
export const noSecondFactor: SecondFactor = { verify: () => false };

/**
 * Time-based one-time passwords: six digits, 30 s, SHA-1, one step of clock error either way. A step that was used is
 * used up, with all before it.
 *
 * @throws QtError QT_KILL_SWITCH_SECRETS_INVALID
 * @see RFC 6238
 */
export function createTotpSecondFactor(secrets: TotpSecrets): SecondFactor {
  if (!secretsSchema.check(secrets))
    throw new QtError(QT_KILL_SWITCH_SECRETS_INVALID, 'Cannot use second-factor secrets: expected { operator: hex of 16 bytes or more }');
  const lastStep = new Map<string, number>();
  return {
    verify(operator, proof, nowUs) {
      const secret = Object.hasOwn(secrets, operator) ? secrets[operator] : undefined;
      if (secret === undefined || !/^\d{6}$/.test(proof)) return false;
      const now = Math.floor(nowUs / STEP_US);
      const step = [now - 1, now, now + 1].find((candidate) => candidate >= 0 && sameText(totp(secret, candidate), proof));
      if (step === undefined || step <= (lastStep.get(operator) ?? -1)) return false;
      lastStep.set(operator, step);
      return true;
    },
  };
}

/** @throws QtError QT_KILL_SWITCH_SECRETS_INVALID */
export function readTotpSecrets(path: string): TotpSecrets {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as TotpSecrets;
  } catch (cause) {
    throw new QtError(QT_KILL_SWITCH_SECRETS_INVALID, `Cannot read second-factor secrets from ${path}`, { cause, details: { path } });
  }
}

/** The password of a 30 s step. */
export function totp(secretHex: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = cryptography().createHmac('sha1', Buffer.from(secretHex, 'hex')).update(counter).digest();
  const offset = (digest.at(-1) as number) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 10 ** DIGITS).padStart(DIGITS, '0');
}

function sameText(left: string, right: string): boolean {
  return cryptography().timingSafeEqual(Buffer.from(left), Buffer.from(right));
}
