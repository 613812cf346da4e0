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

const run = (url: string, statement: string): Promise<void> =>
  connected(url, async (client) => void (await client.query(statement)));

async function connected<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  // A server that goes away fails the query under way; between queries nobody needs to know.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end();
  }
}

/** How many events the projections of the journal have handled: the read model, and the acks on Kafka. */
export interface Projected {
  readonly readModel: number;
  readonly acks: number;
  /** Events under a signed checkpoint. */
  readonly signed: number;
}

export function projected(url: string): Promise<Projected> {
  return connected(url, async (client) => {
    const { rows } = await client.query<{
      read: string | null;
      acks: string | null;
      signed: string | null;
    }>(
      `SELECT (SELECT position FROM "read".projection_checkpoint WHERE name = 'read') AS read,
              (SELECT position FROM outputs.checkpoint WHERE name = 'acks') AS acks,
              (SELECT max(size) FROM journal.checkpoint) AS signed`,
    );
    const [row] = rows;
    return {
      readModel: Number(row?.read ?? 0),
      acks: Number(row?.acks ?? 0),
      signed: Number(row?.signed ?? 0),
    };
  });
}
