import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import type { Journal } from '#events';
import { ProblemFilter } from '../../problem/index.js';
import { KeyRing, RateLimiter, RightsGuard } from '../../rights/index.js';
import type { Principal } from '../../rights/index.js';
import { ReadLifecycle, ReadModule } from '../index.js';

const rate = { perSecond: 1e6, burst: 1e6 };

/** The query API over a journal, once it has read all of it. The key of a principal is `key-<id>`. */
export async function readApp(
  databaseUrl: string,
  journal: Journal,
  principals: readonly Principal[],
): Promise<NestExpressApplication> {
  const keys = principals.map((principal) => ({ principal, key: `key-${principal.id}` }));
  const limiter = new RateLimiter({ feeds: rate, others: rate }, () => performance.now());
  const module = await Test.createTestingModule({
    imports: [ReadModule.forRoot({ databaseUrl, journal })],
    providers: [
      { provide: KeyRing, useValue: new KeyRing(keys) },
      { provide: RateLimiter, useValue: limiter },
      { provide: APP_GUARD, useClass: RightsGuard },
      { provide: APP_FILTER, useValue: new ProblemFilter((line) => process.stderr.write(line)) },
    ],
  }).compile();
  const app = module.createNestApplication<NestExpressApplication>({ logger: false });
  app.set('query parser', 'simple');
  await app.init();
  await app.get(ReadLifecycle).reached((await journal.head()).size);
  return app;
}
