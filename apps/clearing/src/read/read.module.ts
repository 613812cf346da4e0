import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ReadLifecycle } from './lifecycle.js';
import { READ_OPTIONS } from './options.js';
import type { ReadOptions } from './options.js';
import { AccountsController } from './query/accounts.controller.js';
import { ReadDatabase } from './query/database.js';
import { EtagInterceptor } from './query/etag.interceptor.js';
import { JournalController } from './query/journal.controller.js';
import { LogEventsController } from './query/log-events.controller.js';
import { MarginController } from './query/margin.controller.js';
import { ReferenceController } from './query/reference.controller.js';
import { SettlementController } from './query/settlement.controller.js';
import { StateController } from './query/state.controller.js';
import { StatementController } from './query/statement.controller.js';
import { TradesController } from './query/trades.controller.js';
import { ReplayTurn } from './query/turn.js';

export const readControllers = [
  ReferenceController,
  AccountsController,
  MarginController,
  StatementController,
  SettlementController,
  StateController,
  TradesController,
  JournalController,
  LogEventsController,
];

/** The read side: the projector's life and the query API. The journal stays its owner's to close. */
@Module({})
export class ReadModule {
  static forRoot(options: ReadOptions): DynamicModule {
    return {
      module: ReadModule,
      controllers: readControllers,
      providers: [
        { provide: READ_OPTIONS, useValue: options },
        ReadLifecycle,
        ReadDatabase,
        EtagInterceptor,
        ReplayTurn,
      ],
      exports: [ReadLifecycle],
    };
  }
}
