import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Engine } from '../engine/index.js';
import { Problem } from '../problem/index.js';
import { Public, Roles } from '../rights/index.js';
import { Metrics } from './metrics.js';
import { Readiness } from './readiness.js';

/**
 * Liveness, readiness and metrics. The probes tell nothing about the house, so they need no key.
 */
@ApiTags('operations')
@Controller()
export class HealthController {
  constructor(
    @Inject(Engine) private readonly engine: Engine,
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  @Get('health/live')
  @Public()
  live() {
    return { status: 'live' };
  }

  @Get('health/ready')
  @Public()
  ready() {
    const missing = this.readiness.missing();
    if (this.engine.failed) missing.push('engine');
    if (missing.length > 0) throw Problem.unavailable(`Not ready: ${missing.join(', ')}.`);
    return { status: 'ready' };
  }

  @Get('metrics')
  @Roles('operator', 'regulator')
  @Header('cache-control', 'no-store')
  async scrape(@Res() response: Response): Promise<void> {
    response.type(this.metrics.contentType).send(await this.metrics.text());
  }
}
