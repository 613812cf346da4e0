import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { missingStreams } from '#ledger';
import { Engine } from '../engine/index.js';
import { Problem } from '../problem/index.js';
import { Public, Roles } from '../rights/index.js';
import { Metrics } from './metrics.js';
import { Readiness } from './readiness.js';

/** The writer's head, what its open window still waits for, and the hash of the state in its memory. */
interface EngineState {
  readonly size: number;
  readonly batches: number;
  readonly hash: string;
  readonly epoch: number;
  readonly openWindow: number;
  readonly waitingFor: readonly string[];
  readonly stateHash: string;
}

const engineSchema = {
  type: 'object' as const,
  required: ['size', 'batches', 'hash', 'epoch', 'openWindow', 'waitingFor', 'stateHash'],
  properties: {
    size: { type: 'integer', description: 'Events in the journal' },
    batches: { type: 'integer', description: 'Batches in the journal' },
    hash: { type: 'string', description: 'Chain hash of the last batch, hex' },
    epoch: { type: 'integer', description: 'Epoch of this writer' },
    openWindow: { type: 'integer', description: 'The settlement cycle under way' },
    waitingFor: {
      type: 'array',
      items: { type: 'string' },
      description: 'Venues and streams the cut of the open window still waits for',
    },
    stateHash: { type: 'string', description: 'SHA-256 Merkle root of the state in memory, hex' },
  },
};

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

  /**
   * The engine's own state, hashed where it lives: what a replay of the journal is compared with. Answers once
   * everything accepted so far is durable.
   */
  @Get('v1/engine')
  @Roles('operator', 'regulator')
  @ApiOkResponse({ schema: engineSchema })
  async liveState(): Promise<EngineState> {
    await this.engine.idle();
    const { head } = this.engine;
    return {
      size: head.size,
      batches: head.batches,
      hash: head.hash,
      epoch: head.epoch,
      openWindow: this.engine.state.openWindow,
      waitingFor: missingStreams(this.engine.state),
      stateHash: this.engine.stateHash(),
    };
  }

  @Get('metrics')
  @Roles('operator', 'regulator')
  @Header('cache-control', 'no-store')
  async scrape(@Res() response: Response): Promise<void> {
    response.type(this.metrics.contentType).send(await this.metrics.text());
  }
}
