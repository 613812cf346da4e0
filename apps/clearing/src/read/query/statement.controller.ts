import { Controller, Get, Inject, Param, Query, Res, UsePipes } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { withoutKeys } from '#events';
import { CurrentPrincipal, Roles } from '../../rights/index.js';
import type { Principal } from '../../rights/index.js';
import { parseTimestamp } from '../format.js';
import { READ_OPTIONS } from '../options.js';
import type { ReadOptions } from '../options.js';
import { statementCsv } from '../statement/csv.js';
import type { Cut } from '../statement/cut.js';
import { statementsFromJournal } from '../statement/statement.js';
import type { Statement } from '../statement/statement.js';
import { visibleAccount } from './accounts.controller.js';
import { ReadDatabase } from './database.js';
import type { Tx } from './database.js';
import { StatementQuery } from './dto.js';
import { invalidQuery, notFound } from './page.js';
import { openStatement, type ShownStatement } from './personal-views.js';
import { pathId, queryPipe } from './pipe.js';
import { ReplayTurn } from './turn.js';

@Controller('v1/accounts/:id/statement')
@ApiTags('accounts')
@ApiBearerAuth()
@UsePipes(queryPipe())
export class StatementController {
  constructor(
    @Inject(ReadDatabase) private readonly database: ReadDatabase,
    @Inject(READ_OPTIONS) private readonly options: ReadOptions,
    @Inject(ReplayTurn) private readonly turn: ReplayTurn,
  ) {}

  @Get()
  @Roles('operator', 'risk', 'regulator', 'member')
  @ApiOperation({
    summary: 'Statement of one account as of any position, cycle or time; default: now.',
    description:
      'Computed from the journal alone: opening + movements = closing for every asset and book.',
  })
  @ApiOkResponse({
    content: {
      'application/json': { schema: { $ref: '#/components/schemas/Statement' } },
      'text/csv': { schema: { type: 'string' } },
    },
  })
  async statement(
    @CurrentPrincipal() who: Principal,
    @Param('id', pathId) account: string,
    @Query() query: StatementQuery,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ShownStatement | string> {
    const { from, to } = await this.database.as(who, async (tx) => {
      await visibleAccount(tx, account);
      const head = await tx.projectionCheckpoint.findUniqueOrThrow({ where: { name: 'read' } });
      const size = Number(head.position);
      return {
        to: await resolve(tx, toCut(query, size), size, 'position'),
        from: await resolve(tx, fromCut(query.from), size, 'from'),
      };
    });
    if (from > to) {
      throw invalidQuery('from', 'The period begins after its end.', 'Swap from and the end.');
    }
    const made = await this.replay(account, from, to);
    const statement = await openStatement(this.options.personal ?? withoutKeys, made);
    response.set('vary', 'authorization');
    if (statement.pendingWithdrawals.length > 0) {
      // It holds opened destinations: no copy may outlive their keys.
      response.set('cache-control', 'no-store');
    } else {
      response.set('cache-control', 'private, no-cache');
      response.set('etag', `W/"${statement.stateHash.slice(0, 32)}-${from}-${to}-${query.format}"`);
    }
    if (query.format === 'json') return statement;
    const name = `statement-${account}-${to}.csv`;
    response.type('text/csv').set('content-disposition', `attachment; filename="${name}"`);
    return statementCsv(made);
  }

  private async replay(account: string, from: number, to: number): Promise<Statement> {
    const request = { owner: { account }, from, to };
    const [statement] = await this.turn.run(() =>
      statementsFromJournal(this.options.journal, request),
    );
    if (statement) return statement;
    throw notFound('position', `Account ${account} was not open at position ${to}.`);
  }
}

/** As `resolveCut` finds it in the journal, but from the table of cycles. */
async function resolve(tx: Tx, cut: Cut, size: number, field: string): Promise<number> {
  if ('position' in cut) {
    if (cut.position <= size) return cut.position;
    throw notFound(field, `There are ${size} events; position ${cut.position} is not there yet.`);
  }
  const where = 'cycle' in cut ? { cycle: cut.cycle } : { endsAt: { lte: cut.time } };
  const row = await tx.cycle.findFirst({ where, orderBy: { cycle: 'desc' } });
  if (row === null) throw notFound(field, 'No cycle had been completed by then.');
  return Number(row.position) + 1;
}

function toCut(query: StatementQuery, head: number): Cut {
  const given = [query.position, query.cycle, query.time].filter((each) => each !== undefined);
  if (given.length > 1) {
    throw invalidQuery('position', 'More than one end is given.', 'Send position, cycle or time.');
  }
  if (query.cycle !== undefined) return { cycle: query.cycle };
  if (query.time !== undefined) return { time: timeOf('time', query.time) };
  return { position: query.position ?? head };
}

function fromCut(text: string | undefined): Cut {
  if (text === undefined) return { position: 0 };
  return /^\d{1,15}$/.test(text) ? { position: Number(text) } : { time: timeOf('from', text) };
}

function timeOf(field: string, text: string): number {
  const time = parseTimestamp(text);
  if (time !== undefined) return time;
  throw invalidQuery(field, `"${text}" is not a time.`, 'Send e.g. 2024-08-09T00:00:00Z.');
}
