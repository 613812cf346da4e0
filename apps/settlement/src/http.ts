import { createHash, timingSafeEqual } from 'node:crypto';
import {
  type CanActivate,
  Controller,
  type DynamicModule,
  type ExecutionContext,
  Get,
  Inject,
  Module,
  Res,
  SetMetadata,
  UnauthorizedException,
} from '@nestjs/common';
import { APP_GUARD, NestFactory, Reflector } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request, Response } from 'express';
import helmet from 'helmet';
import type { Settlement } from './service/index.js';
import { railReports } from './service/status.js';

const ROLES = 'novate:roles';
const Public = () => SetMetadata(ROLES, ['public']);
/** Whoever holds the reader's key: an operator's desk, a regulator, a monitor. */
const Reader = () => SetMetadata(ROLES, ['reader']);

export const SETTLEMENT = Symbol('SETTLEMENT');
const READER_KEY = Symbol('READER_KEY');

/** How settlement stands. It takes no commands: what it does follows from the house's journal and the chains. */
@Controller()
export class SettlementController {
  constructor(@Inject(SETTLEMENT) private readonly settlement: Settlement) {}

  @Get('health/live')
  @Public()
  live() {
    return { status: 'live' };
  }

  /** Ready once it has read the house's journal as far as it goes. */
  @Get('health/ready')
  @Public()
  ready(@Res({ passthrough: true }) response: Response) {
    const { ready, copy } = this.settlement;
    if (!ready) response.status(503);
    return { status: ready ? 'ready' : 'reading', events: copy.size };
  }

  /** Every rail: its last batches, what is in the air, what halted. */
  @Get('v1/rails')
  @Reader()
  rails() {
    return { data: railReports(this.settlement) };
  }
}

/** Lets in who has the reader's key; without one configured, nobody. */
class ReaderGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly key: string | undefined,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const stated = this.reflector.get<readonly string[] | undefined>(ROLES, context.getHandler());
    if (stated?.includes('public')) return true;
    const { authorization } = context.switchToHttp().getRequest<Request>().headers;
    const token = /^Bearer ([\x21-\x7e]{1,512})$/.exec(authorization ?? '')?.[1];
    const known = stated !== undefined && token !== undefined && this.key !== undefined;
    if (known && timingSafeEqual(sha256(token), sha256(this.key))) return true;
    throw new UnauthorizedException('No valid API key was sent.');
  }
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

@Module({})
class SettlementModule {
  static of(settlement: Settlement, readerKey: string | undefined): DynamicModule {
    return {
      module: SettlementModule,
      controllers: [SettlementController],
      providers: [
        { provide: SETTLEMENT, useValue: settlement },
        { provide: READER_KEY, useValue: readerKey ?? null },
        {
          provide: APP_GUARD,
          useFactory: (reflector: Reflector, key: string | null) =>
            new ReaderGuard(reflector, key ?? undefined),
          inject: [Reflector, READER_KEY],
        },
      ],
    };
  }
}

/** The HTTP server of the settlement service. */
export async function settlementApp(
  settlement: Settlement,
  readerKey?: string,
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(
    SettlementModule.of(settlement, readerKey),
    { bodyParser: false, logger: false, abortOnError: false, forceCloseConnections: true },
  );
  app.use(helmet());
  app.set('query parser', 'simple');
  return app;
}
