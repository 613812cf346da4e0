import { type DynamicModule, Module, type Provider, type Type } from '@nestjs/common';
import { APP_GUARD, NestFactory, Reflector } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import type { SettlementCode } from '../codes.js';
import { KeyGuard } from './key-guard.js';
import type { ProblemFilter } from './problem.js';

export interface KeyedAppParts {
  readonly controller: Type<unknown>;
  readonly provider: Provider;
  /** Bearer keys by role; one without a key is closed. */
  readonly keys: Readonly<Record<string, string | undefined>>;
  /** What a request without one of them is refused with. */
  readonly refusal: SettlementCode;
  /** Largest body, as the body parser writes it. */
  readonly limit: string;
  readonly problems: ProblemFilter;
}

@Module({})
class KeyedModule {
  static of({ controller, provider, keys, refusal }: KeyedAppParts): DynamicModule {
    const guard = {
      provide: APP_GUARD,
      inject: [Reflector],
      useFactory: (reflector: Reflector) => new KeyGuard(reflector, keys, refusal),
    };
    return { module: KeyedModule, controllers: [controller], providers: [provider, guard] };
  }
}

/** An HTTP server of settlement: a key for every route that does not say otherwise, problem details, small bodies. */
export async function keyedApp(parts: KeyedAppParts): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(KeyedModule.of(parts), {
    bodyParser: false,
    logger: false,
    abortOnError: false,
    forceCloseConnections: true,
  });
  app.use(helmet());
  app.useBodyParser('json', { limit: parts.limit });
  app.useGlobalFilters(parts.problems);
  app.set('query parser', 'simple');
  return app;
}
