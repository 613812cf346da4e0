import pg from 'pg';

/**
 * The writer's own connection. What is asked on it is sent at once; what is asked of a pool is sent after everything else
 * this turn of the event loop does, and that is deciding and encoding the next batch, which is to happen meanwhile.
 */
export class WriterConnection {
  private readonly pool: pg.Pool;
  private client: pg.PoolClient | undefined;
  private underWay: Promise<undefined> | undefined;

  constructor(config: pg.PoolConfig) {
    this.pool = new pg.Pool({ ...config, max: 1 });
    // An idle connection that breaks is replaced on next use: not a reason to end the process.
    this.pool.on('error', () => undefined);
  }

  /** Asks on the connection that is there, or on a new one. One question at a time: a writer has one batch under way. */
  async query<R extends pg.QueryResultRow>(config: pg.QueryConfig): Promise<pg.QueryResult<R>> {
    while (this.underWay) await this.underWay;
    const answer = this.ask<R>(config);
    const settled = answer.then(
      () => undefined,
      () => undefined,
    );
    this.underWay = settled;
    void settled.then(() => (this.underWay = undefined));
    return answer;
  }

  private async ask<R extends pg.QueryResultRow>(
    config: pg.QueryConfig,
  ): Promise<pg.QueryResult<R>> {
    const client = this.client ?? (await this.connect());
    try {
      return await client.query<R>(config);
    } catch (error) {
      // Whatever it was: a new connection costs less than finding out whether this one is still good.
      this.drop(client);
      throw error;
    }
  }

  private async connect(): Promise<pg.PoolClient> {
    const client = await this.pool.connect();
    client.on('error', () => this.drop(client));
    this.client = client;
    return client;
  }

  private drop(client: pg.PoolClient): void {
    if (this.client !== client) return;
    this.client = undefined;
    client.on('error', () => undefined);
    client.release(true);
  }

  async close(): Promise<void> {
    if (this.client) this.drop(this.client);
    await this.pool.end();
  }
}
