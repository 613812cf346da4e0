import { randomUUID } from 'node:crypto';
import { ClearingApi } from '../demo/api.js';
import { CliError, ExitCode } from '../terminal/exit.js';

export interface PersonalOptions {
  readonly member: string;
  /** Address of the clearing app. */
  readonly url: string;
  readonly reason?: string;
}

function keyOf(role: 'OPERATOR' | 'RISK'): string {
  const name = `NOVATE_KEY_${role}`;
  const key = process.env[name];
  if (key !== undefined && key !== '') return key;
  const fix = `export ${name}=... with that role's API key`;
  throw new CliError(`${name} is not set`, ExitCode.usage, fix);
}

/** `novate personal request`: the operator asks that a member's personal data become unreadable for good. */
export async function runPersonalRequest({
  member,
  url,
  reason = '',
}: PersonalOptions): Promise<number> {
  const api = new ClearingApi(url, keyOf('OPERATOR'));
  const idempotencyKey = randomUUID();
  await api.command({ kind: 'request-erasure', idempotencyKey, body: { member, reason } });
  process.stdout.write(
    `recorded: the risk officer may now run: novate personal destroy --member ${member}\n`,
  );
  return ExitCode.ok;
}

/** `novate personal destroy`: the risk officer approves, and the member's keys are destroyed. There is no way back. */
export async function runPersonalDestroy({ member, url }: PersonalOptions): Promise<number> {
  const api = new ClearingApi(url, '', keyOf('RISK'));
  const idempotencyKey = randomUUID();
  const body = { member };
  await api.command({ kind: 'approve-erasure', idempotencyKey, body, by: 'risk' });
  process.stdout.write(
    `destroyed: no personal field of ${member} can be read any more; the chain verifies as before\n`,
  );
  return ExitCode.ok;
}
