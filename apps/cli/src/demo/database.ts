import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** Creates an empty database beside the one of `url`; returns its URL and how to drop it. */
export async function createDatabase(
  url: string,
): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `novate_demo_${randomBytes(6).toString('hex')}`;
  await run(url, `CREATE DATABASE ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return { url: own.href, drop: () => run(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Number of events the read model holds. */
export async function projectedEvents(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ position: string }>(
      `SELECT position FROM "read".projection_checkpoint WHERE name = 'read'`,
    );
    return Number(rows[0]?.position ?? 0);
  } finally {
    await client.end();
  }
}
