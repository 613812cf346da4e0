import {
  Body,
  Controller,
  type DynamicModule,
  Get,
  HttpCode,
  Inject,
  Module,
  Post,
  Res,
} from '@nestjs/common';
import { APP_GUARD, NestFactory, Reflector } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Response } from 'express';
import helmet from 'helmet';
import { SettlementRefused } from '../codes.js';
import { railReports, type SettlementStanding } from '../service/index.js';
import { batchAt } from '../state/index.js';
import { KeyGuard, Public, Roles } from './key-guard.js';
import { ProblemFilter } from './problem.js';

const PARTS = Symbol('SERVICE_PARTS');
const BODY_LIMIT = '4kb';

export interface ServiceHttpParts {
  readonly settlement: SettlementStanding;
  /** By role; one without a key is closed. `operator` may do what `reader` may, and resume what halted. */
  readonly keys: { readonly reader?: string; readonly operator?: string };
  readonly log: (line: string) => void;
}

/** How settlement stands. What it does follows from the house's journal and the chains; only a halt waits for people. */
@Controller()
export class SettlementController {
  constructor(@Inject(PARTS) private readonly parts: ServiceHttpParts) {}

  @Get('health/live')
  @Public()
  live() {
    return { status: 'live' };
  }

  /** Ready once it has read the house's journal as far as it goes. */
  @Get('health/ready')
  @Public()
  ready(@Res({ passthrough: true }) response: Response) {
    const { ready, copy } = this.parts.settlement;
    if (!ready) response.status(503);
    return { status: ready ? 'ready' : 'reading', events: copy.size };
  }

  /** Every rail: its last batches, what is in the air, what halted, who asked to leave. */
  @Get('v1/rails')
  @Roles('reader', 'operator')
  rails() {
    return { data: railReports(this.parts.settlement) };
  }

  /** Somebody looked at why a batch halted and mended it: it goes on from where it was. */
  @Post('v1/rails/resume')
  @HttpCode(202)
  @Roles('operator')
  resume(@Body() body: unknown) {
    const { rail, seq } = (typeof body === 'object' && body !== null ? body : {}) as Partial<
      Record<'rail' | 'seq', unknown>
    >;
    if (typeof rail !== 'string' || !Number.isSafeInteger(seq) || (seq as number) < 1) {
      throw new SettlementRefused('SERVICE_MALFORMED', 'body', 'it names no batch of a rail');
    }
    const runner = this.parts.settlement.chains
      .flatMap((chain) => [...chain.rails.values()])
      .find((each) => each.terms.rail === rail);
    const batch = runner && batchAt(runner.state, seq as number);
    if (runner === undefined || batch?.status !== 'HALTED') {
      const status = batch?.status ?? 'not there';
      throw new SettlementRefused('NOT_HALTED', 'seq', `batch ${seq} of ${rail} is ${status}`);
    }
    runner.resume(batch.seq, 'operator');
    return { rail, seq: batch.seq };
  }
}

@Module({})
class SettlementModule {
  static of(parts: ServiceHttpParts): DynamicModule {
    return {
      module: SettlementModule,
      controllers: [SettlementController],
      providers: [
        { provide: PARTS, useValue: parts },
        {
          provide: APP_GUARD,
          inject: [Reflector],
          useFactory: (reflector: Reflector) =>
            new KeyGuard(reflector, parts.keys, 'SERVICE_UNAUTHENTICATED'),
        },
      ],
    };
  }
}

/** The HTTP server of the settlement service. */
export async function settlementApp(parts: ServiceHttpParts): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(SettlementModule.of(parts), {
    bodyParser: false,
    logger: false,
    abortOnError: false,
    forceCloseConnections: true,
  });
  app.use(helmet());
  app.useBodyParser('json', { limit: BODY_LIMIT });
  app.useGlobalFilters(new ProblemFilter(parts.log));
  app.set('query parser', 'simple');
  return app;
}
