import type { Client } from 'pg';

/** One projector writes at a time; the others wait behind it and take over when it goes. */
const PROJECTOR_LOCK = 'novate.read.projector';

export class ReadModelBusy extends Error {
  constructor() {
    super('A clearing service is projecting into this read model: stop it first.');
  }
}

/** Takes the projector's lock for as long as `client` stays connected; false while another holds it. */
export async function tryProjectorLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS taken',
    [PROJECTOR_LOCK],
  );
  return rows[0]!.taken;
}
