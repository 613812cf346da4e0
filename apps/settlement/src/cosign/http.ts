import { Body, Controller, Get, HttpCode, Inject, Post, Res } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Response } from 'express';
import { Public, Roles } from '../http/key-guard.js';
import { keyedApp } from '../http/keyed-app.js';
import { ProblemFilter } from '../http/problem.js';
import type { CoSigner } from './co-signer.js';
import type { CopyKeeper } from './copy-keeper.js';
import {
  type CosignAnswer,
  readBatchRequest,
  readExitAnswerRequest,
  readOpeningsRequest,
} from './wire.js';

/** The settlement service, and whoever else has its key. */
const Settlement = () => Roles('settlement');

export const PARTS = Symbol('COSIGN_PARTS');
/** A payload is 120,000 bytes at most, in hex. */
const BODY_LIMIT = '512kb';

export interface CosignHttpParts {
  readonly cosigner: Pick<CoSigner, 'address' | 'batch' | 'openings' | 'answer'>;
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

  /** Signs why a forced exit is not paid, where its own log says the same. */
  @Post('v1/cosign/answer')
  @HttpCode(200)
  @Settlement()
  async answer(@Body() body: unknown): Promise<CosignAnswer> {
    return this.parts.cosigner.answer(readExitAnswerRequest(body));
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

/** The HTTP server of a co-signer. */
export function cosignApp(parts: CosignHttpParts): Promise<NestExpressApplication> {
  return keyedApp({
    controller: CosignController,
    provider: { provide: PARTS, useValue: parts },
    keys: { settlement: parts.key },
    refusal: 'COSIGN_UNAUTHENTICATED',
    limit: BODY_LIMIT,
    problems: new ProblemFilter(parts.log, parts.cosigner.address),
  });
}
