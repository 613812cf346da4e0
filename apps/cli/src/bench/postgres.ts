import pg from 'pg';
import { CliError, ExitCode } from '../terminal/exit.js';

/** A server that answers before its data is safe would make every number here meaningless. */
export async function refuseLooseDurability(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
      const { rows } = await client.query<{ value: string }>(
        'SELECT current_setting($1) AS value',
        [setting],
      );
      if (rows[0]?.value === 'on') continue;
      throw new CliError(
        `this Postgres runs with ${setting} = ${rows[0]?.value ?? 'unknown'}`,
        ExitCode.unavailable,
        `set ${setting} = on: the bench compares durable writes only.`,
      );
    }
  } finally {
    await client.end();
  }
}
