import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { Engine } from './engine/index.js';
import { HealthController } from './health/health.controller.js';
import { Metrics } from './health/metrics.js';
import { Readiness } from './health/readiness.js';
import { Clock } from './intake/http/clock.js';
import { CommandsController } from './intake/http/commands.controller.js';
import { InputsController } from './intake/http/inputs.controller.js';
import { SourcesController } from './intake/http/sources.controller.js';
import { InputReader } from './intake/reader.js';
import { Assessor } from './margin/index.js';
import { PersonalDesk } from './personal/index.js';
import { ProblemFilter } from './problem/index.js';
import type { ProofStore } from '#events';
import { LogController, PROOF_STORE } from './proofs/index.js';
import { KeyRing, RateLimiter, RightsGuard } from './rights/index.js';

/** What the HTTP side needs of a running process. Built by `Clearing`, or by a test. */
export interface AppParts {
  readonly engine: Engine;
  readonly assessor: Assessor;
  readonly desk: PersonalDesk;
  readonly reader: InputReader;
  readonly clock: Clock;
  readonly keys: KeyRing;
  readonly limiter: RateLimiter;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly proofs: ProofStore;
  readonly log: (line: string) => void;
  /** The query side. */
  readonly read: readonly DynamicModule[];
}

/**
 * The HTTP side of the clearing app. Every route passes the rights guard, every refusal the problem
 * filter.
 */
@Module({})
export class AppModule {
  static forParts(parts: AppParts): DynamicModule {
    return {
      module: AppModule,
      imports: [...parts.read],
      controllers: [
        HealthController,
        InputsController,
        SourcesController,
        CommandsController,
        LogController,
      ],
      providers: [
        { provide: Engine, useValue: parts.engine },
        { provide: Assessor, useValue: parts.assessor },
        { provide: PersonalDesk, useValue: parts.desk },
        { provide: InputReader, useValue: parts.reader },
        { provide: Clock, useValue: parts.clock },
        { provide: KeyRing, useValue: parts.keys },
        { provide: RateLimiter, useValue: parts.limiter },
        { provide: Readiness, useValue: parts.readiness },
        { provide: PROOF_STORE, useValue: parts.proofs },
        { provide: Metrics, useValue: parts.metrics },
        { provide: APP_GUARD, useClass: RightsGuard },
        { provide: APP_FILTER, useValue: new ProblemFilter(parts.log) },
      ],
    };
  }
}
