import { Body, Controller, Get, HttpCode, Inject, Post, Res } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Response } from 'express';
import { SettlementRefused } from '../codes.js';
import { railReports, type SettlementStanding } from '../service/index.js';
import { batchAt } from '../state/index.js';
import { Public, Roles } from './key-guard.js';
import { keyedApp } from './keyed-app.js';
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

/** The HTTP server of the settlement service. */
export function settlementApp(parts: ServiceHttpParts): Promise<NestExpressApplication> {
  return keyedApp({
    controller: SettlementController,
    provider: { provide: PARTS, useValue: parts },
    keys: parts.keys,
    refusal: 'SERVICE_UNAUTHENTICATED',
    limit: BODY_LIMIT,
    problems: new ProblemFilter(parts.log),
  });
}
