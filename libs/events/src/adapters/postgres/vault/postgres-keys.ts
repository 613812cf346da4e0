import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type DataKey, type KeyName, nameOf, type SubjectKeys } from '../../../personal/vault.js';
import { masterCheck, unwrapKey, wrapKey } from './wrap.js';

/** The vault was made with another master key. */
export class MasterKeyWrong extends Error {
  override readonly name = 'MasterKeyWrong';
  constructor() {
    super('NOVATE_PERSONAL_KEY is not the key this vault was made with: nothing was changed');
  }
}

export interface PostgresKeysOptions {
  readonly url: string;
  /** 32 bytes: wraps every data key. Whoever has it and the vault can read everything that is not erased. */
  readonly master: Uint8Array;
}

/** Opens the vault of a database (`migrateVault` made it). Throws MasterKeyWrong before it touches a key. */
export async function postgresKeys({ url, master }: PostgresKeysOptions): Promise<SubjectKeys> {
  if (master.byteLength !== 32) throw new RangeError('the master key has 32 bytes');
  const options = '-c role=novate_vault';
  const pool = new pg.Pool({ connectionString: url, max: 2, options });
  pool.on('error', () => undefined);
  try {
    const check = masterCheck(master);
    await pool.query(
      'INSERT INTO vault.house (master_check, obeyed) VALUES ($1, 0) ON CONFLICT DO NOTHING',
      [check],
    );
    const { rows } = await pool.query<{ master_check: Buffer }>(
      'SELECT master_check FROM vault.house',
    );
    if (!rows[0]?.master_check.equals(check)) throw new MasterKeyWrong();
    return new PostgresKeys(pool, master);
  } catch (error) {
    await pool.end();
    throw error;
  }
}

class PostgresKeys implements SubjectKeys {
  constructor(
    private readonly pool: pg.Pool,
    private readonly master: Uint8Array,
  ) {}

  async current(subject: string): Promise<DataKey> {
    for (;;) {
      const { rows } = await this.pool.query<{ number: number; wrapped: Buffer | null }>(
        'SELECT number, wrapped FROM vault.subject_key WHERE subject = $1 ORDER BY number DESC LIMIT 1',
        [subject],
      );
      const name = { subject, key: rows[0]?.number ?? 0 };
      const wrapped = rows[0]?.wrapped;
      if (wrapped) return { ...name, secret: unwrapKey(this.master, name, wrapped) };
      const next = { subject, key: name.key + 1 };
      // Whoever else makes one at this moment wins or loses here; the one that is there is read next.
      await this.pool.query(
        'INSERT INTO vault.subject_key (subject, number, wrapped) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
        [subject, next.key, wrapKey(this.master, next, randomBytes(32))],
      );
    }
  }

  async live(subject: string): Promise<number> {
    const { rows } = await this.pool.query<{ number: number }>(
      'SELECT number FROM vault.subject_key WHERE subject = $1 AND wrapped IS NOT NULL',
      [subject],
    );
    return rows[0]?.number ?? 0;
  }

  async find(names: readonly KeyName[]): Promise<ReadonlyMap<string, Uint8Array | 'destroyed'>> {
    const { rows } = await this.pool.query<{
      subject: string;
      number: number;
      wrapped: Buffer | null;
    }>(
      `SELECT subject, number, wrapped FROM vault.subject_key
        WHERE (subject, number) IN (SELECT * FROM unnest($1::text[], $2::int[]))`,
      [names.map(({ subject }) => subject), names.map(({ key }) => key)],
    );
    return new Map(
      rows.map(({ subject, number: key, wrapped }) => {
        const name = { subject, key };
        return [nameOf(name), wrapped ? unwrapKey(this.master, name, wrapped) : 'destroyed'];
      }),
    );
  }

  async destroy(subject: string, through: number): Promise<number> {
    const { rowCount } = await this.pool.query(
      `UPDATE vault.subject_key SET wrapped = NULL, destroyed_at = now()
        WHERE subject = $1 AND number <= $2 AND wrapped IS NOT NULL`,
      [subject, through],
    );
    if ((rowCount ?? 0) > 0) await this.sweep();
    return rowCount ?? 0;
  }

  /**
   * An UPDATE leaves the old row in its page until somebody sweeps: now, not at some time. Needs the owner of the table, and
   * does not reach the write-ahead log or backups.
   */
  private async sweep(): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query('SET ROLE NONE');
      await client.query('VACUUM vault.subject_key');
    } finally {
      // Closed, so that no later query works under the login's own role.
      client.release(true);
    }
  }

  async obeyed(): Promise<number> {
    const { rows } = await this.pool.query<{ obeyed: string }>('SELECT obeyed FROM vault.house');
    return Number(rows[0]?.obeyed ?? 0);
  }

  async setObeyed(events: number): Promise<void> {
    await this.pool.query('UPDATE vault.house SET obeyed = $1', [events]);
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}
