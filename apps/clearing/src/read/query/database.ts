import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../../generated/prisma/client.js';
import type { Prisma } from '../../generated/prisma/client.js';
import type { Principal } from '../../rights/index.js';
import { READ_OPTIONS } from '../options.js';
import type { ReadOptions } from '../options.js';
import { SWAP_LOCK } from '../project/lock.js';
import { Scales } from './scales.js';

export type Tx = Prisma.TransactionClient;

/** How far the read model was when an answer was made: every answer begins with it. */
export interface AsOf {
  /** Number of events the answer includes. */
  readonly asOfPosition: number;
  /** Chain hash of the journal there. */
  readonly chainHash: string;
}

/** What a caller's key lets it see: an id, `*` for everything, or nothing. */
interface Scope {
  readonly member: string;
  readonly venue: string;
}

export function scopeOf({ role, id }: Principal): Scope {
  switch (role) {
    case 'operator':
    case 'risk':
    case 'regulator':
    case 'settlement':
    case 'cosigner':
      return { member: '*', venue: '*' };
    case 'member':
      return { member: id, venue: '' };
    case 'venue':
    case 'custody':
      return { member: '', venue: id };
  }
}

/**
 * The query side's only way to the read model. A query runs in one read-only snapshot as the role `novate_query`, with the
 * caller's scope as settings of the transaction: row-level security decides what it sees, not the query's author. It holds
 * the version of the read model it began in, see project/beside.ts.
 */
@Injectable()
export class ReadDatabase implements OnApplicationShutdown {
  readonly scales = new Scales();
  private readonly client: PrismaClient;

  constructor(@Inject(READ_OPTIONS) { databaseUrl, queryConnections = 4 }: ReadOptions) {
    const adapter = new PrismaPg({ connectionString: databaseUrl, max: queryConnections });
    this.client = new PrismaClient({ adapter });
  }

  async as<T extends object>(
    principal: Principal,
    query: (tx: Tx) => Promise<T>,
  ): Promise<AsOf & T> {
    const { member, venue } = scopeOf(principal);
    return this.client.$transaction(
      async (tx) => {
        await tx.$queryRaw`
          SELECT pg_advisory_xact_lock_shared(hashtextextended(${SWAP_LOCK}, 0))::text,
                 set_config('transaction_read_only', 'on', true),
                 set_config('novate.member', ${member}, true),
                 set_config('novate.venue', ${venue}, true),
                 set_config('role', 'novate_query', true)`;
        const { position, hash } = await tx.projectionCheckpoint.findUniqueOrThrow({
          where: { name: 'read' },
        });
        const answer = await query(tx);
        return { asOfPosition: Number(position), chainHash: hash, ...answer };
      },
      { isolationLevel: 'RepeatableRead', maxWait: 10_000, timeout: 30_000 },
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.$disconnect();
  }
}
