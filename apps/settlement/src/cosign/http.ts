import { createHash, timingSafeEqual } from 'node:crypto';
import {
  Body,
  type CanActivate,
  Controller,
  type DynamicModule,
  type ExecutionContext,
  Get,
  HttpCode,
  Inject,
  Module,
  Post,
  Res,
  SetMetadata,
} from '@nestjs/common';
import { APP_GUARD, NestFactory, Reflector } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request, Response } from 'express';
import helmet from 'helmet';
import { SettlementRefused } from '../codes.js';
import type { CoSigner } from './co-signer.js';
import type { CopyKeeper } from './copy-keeper.js';
import { CosignFilter } from './problem.js';
import { type CosignAnswer, readBatchRequest, readOpeningsRequest } from './wire.js';

const ROLES = 'novate:roles';
/** The settlement service, and whoever else has its key. */
const Settlement = () => SetMetadata(ROLES, ['settlement']);
const Public = () => SetMetadata(ROLES, ['public']);

export const PARTS = Symbol('COSIGN_PARTS');
/** A payload is 120,000 bytes at most, in hex. */
const BODY_LIMIT = '512kb';

export interface CosignHttpParts {
  readonly cosigner: Pick<CoSigner, 'address' | 'batch' | 'openings'>;
  readonly copy: Pick<CopyKeeper, 'progress'>;
  /** Bearer key of the settlement service. */
  readonly key: string;
  readonly log: (line: string) => void;
}

@Controller()
export class CosignController {
  constructor(@Inject(PARTS) private readonly parts: CosignHttpParts) {}

  /** Signs a batch it derives from its own copy of the log, or says why not. */
  @Post('v1/cosign/batch')
  @HttpCode(200)
  @Settlement()
  async batch(@Body() body: unknown): Promise<CosignAnswer> {
    return this.parts.cosigner.batch(readBatchRequest(body));
  }

  /** Signs the opening of settlement accounts its log knows. */
  @Post('v1/cosign/openings')
  @HttpCode(200)
  @Settlement()
  async openings(@Body() body: unknown): Promise<CosignAnswer> {
    return this.parts.cosigner.openings(readOpeningsRequest(body));
  }

  @Get('health/live')
  @Public()
  live() {
    return { status: 'live' };
  }

  /** Ready while its copy of the log is one it would sign by. */
  @Get('health/ready')
  @Public()
  ready(@Res({ passthrough: true }) response: Response) {
    const { verified, broken } = this.parts.copy.progress;
    if (broken !== undefined) response.status(503);
    const status = broken === undefined ? 'ready' : 'broken';
    return { status, signer: this.parts.cosigner.address, verified, ...(broken && { broken }) };
  }
}

/** Lets in who has the key; a route that states no role is closed to everybody. */
class KeyGuard implements CanActivate {
  private readonly digest: Buffer;

  constructor(
    private readonly reflector: Reflector,
    key: string,
  ) {
    this.digest = sha256(key);
  }

  canActivate(context: ExecutionContext): boolean {
    const stated = this.reflector.get<readonly string[] | undefined>(ROLES, context.getHandler());
    if (stated?.includes('public')) return true;
    const { authorization } = context.switchToHttp().getRequest<Request>().headers;
    const token = /^Bearer ([\x21-\x7e]{1,512})$/.exec(authorization ?? '')?.[1];
    const known = token !== undefined && timingSafeEqual(sha256(token), this.digest);
    if (known && stated?.includes('settlement') === true) return true;
    throw new SettlementRefused('COSIGN_UNAUTHENTICATED', 'authorization', 'no valid key was sent');
  }
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

@Module({})
export class CosignModule {
  static forParts(parts: CosignHttpParts): DynamicModule {
    const guard = {
      provide: APP_GUARD,
      inject: [Reflector],
      useFactory: (reflector: Reflector) => new KeyGuard(reflector, parts.key),
    };
    return {
      module: CosignModule,
      controllers: [CosignController],
      providers: [{ provide: PARTS, useValue: parts }, guard],
    };
  }
}

export async function cosignApp(parts: CosignHttpParts): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(CosignModule.forParts(parts), {
    bodyParser: false,
    logger: false,
    abortOnError: false,
    forceCloseConnections: true,
  });
  app.use(helmet());
  app.useBodyParser('json', { limit: BODY_LIMIT });
  app.useGlobalFilters(new CosignFilter(parts.cosigner.address, parts.log));
  return app;
}
