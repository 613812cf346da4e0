import { Controller, Get, Inject, Param, Query, Res, UsePipes } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Margin } from '../../generated/prisma/client.js';
import { ModelLibrary } from '../../margin/index.js';
import type { MarginInputs, RecordedModel } from '../../margin/index.js';
import { CurrentPrincipal, Roles } from '../../rights/index.js';
import type { Principal } from '../../rights/index.js';
import { visibleAccount } from './accounts.controller.js';
import { ReadDatabase } from './database.js';
import type { Tx } from './database.js';
import { ListQuery, MarginQuery, ScenariosQuery } from './dto.js';
import {
  recordedModel,
  scenarioRows,
  scenariosCsv,
  showMargin,
  showModel,
  showRisk,
  showTree,
} from './margin-views.js';
import { decodeCursor, notFound, pageOf } from './page.js';
import { pathId, queryPipe } from './pipe.js';
import { OkList, OkOne } from './schemas.js';

/** Requirements and how they came about; the model and its scenarios, which are public to everybody with a key. */
@Controller('v1')
@ApiTags('margin')
@ApiBearerAuth()
@UsePipes(queryPipe())
export class MarginController {
  private readonly library = new ModelLibrary();

  constructor(@Inject(ReadDatabase) private readonly database: ReadDatabase) {}

  @Get('accounts/:id/margin')
  @Roles('operator', 'risk', 'regulator', 'member')
  @ApiOperation({ summary: 'Margin of one account after its latest cycle, or after a given one.' })
  @OkOne('Margin')
  margin(
    @CurrentPrincipal() who: Principal,
    @Param('id', pathId) account: string,
    @Query() { cycle }: MarginQuery,
  ) {
    return this.database.as(who, async (tx) => {
      const row = await marginRow(tx, account, cycle);
      return { data: showMargin(row, await this.scaleOf(tx, row.asset)) };
    });
  }

  @Get('accounts/:id/margin/explain')
  @Roles('operator', 'risk', 'regulator', 'member')
  @ApiOperation({
    summary: 'Why: the requirement computed again, as trees whose parts sum to it exactly.',
    description:
      'Core by worst dates and legs, and by position; floors, add-ons and rounding; Greeks, health and variance. ' +
      '`equal` tells whether the recorded amounts came out again to the minor unit.',
  })
  @OkOne('MarginExplained')
  async explain(
    @CurrentPrincipal() who: Principal,
    @Param('id', pathId) account: string,
    @Query() { cycle }: MarginQuery,
  ) {
    return this.database.as(who, async (tx) => {
      const row = await marginRow(tx, account, cycle);
      const scale = await this.scaleOf(tx, row.asset);
      const inputs = row.inputs as unknown as MarginInputs;
      const load = (): Promise<RecordedModel> => loadModel(tx, row.proposal, row.days);
      const { requirement, risk } = await this.library.recompute(
        row.proposal,
        row.days,
        inputs,
        load,
      );
      const { equity, initialMargin, maintenanceMargin, positions } = requirement.explanation;
      const same = (found: bigint, recorded: Margin['equity']): boolean =>
        found.toString() === recorded.toFixed(0);
      return {
        data: {
          ...{ account: row.account, cycle: row.cycle, asset: row.asset, scale },
          equal:
            requirement.modelId === row.modelId &&
            same(requirement.equity, row.equity) &&
            same(requirement.initialMargin, row.initialMargin) &&
            same(requirement.maintenanceMargin, row.maintenanceMargin),
          modelId: requirement.modelId,
          equity: showTree(equity, scale),
          initialMargin: showTree(initialMargin, scale),
          maintenanceMargin: showTree(maintenanceMargin, scale),
          positions: showTree(positions, scale),
          fallbacks: requirement.fallbacks,
          ...showRisk(risk, scale),
          inputs,
        },
      };
    });
  }

  @Get('risk/models')
  @Roles('operator', 'risk', 'regulator', 'member', 'venue', 'custody')
  @ApiOperation({ summary: 'Risk models: proposed, approved, active, retired and withdrawn.' })
  @OkList('RiskModel')
  models(@CurrentPrincipal() who: Principal, @Query() { limit, cursor }: ListQuery) {
    const [after] = decodeCursor(cursor, ['string']) ?? [];
    return this.database.as(who, async (tx) => {
      const rows = await tx.riskModel.findMany({
        where: after === undefined ? {} : { proposal: { gt: after } },
        orderBy: { proposal: 'asc' },
        take: limit + 1,
      });
      return pageOf(rows, limit, ({ proposal }) => [proposal], showModel);
    });
  }

  @Get('risk/model')
  @Roles('operator', 'risk', 'regulator', 'member', 'venue', 'custody')
  @ApiOperation({ summary: 'The risk model that is active, its parameters and hashes.' })
  @OkOne('RiskModel')
  model(@CurrentPrincipal() who: Principal) {
    return this.database.as(who, async (tx) => ({ data: showModel(await activeModel(tx)) }));
  }

  @Get('risk/scenarios')
  @Roles('operator', 'risk', 'regulator', 'member', 'venue', 'custody')
  @ApiOperation({ summary: "The active model's scenario set: every date, weight and shock." })
  @ApiOkResponse({
    content: {
      'application/json': { schema: { $ref: '#/components/schemas/ScenarioSet' } },
      'text/csv': { schema: { type: 'string' } },
    },
  })
  async scenarios(
    @CurrentPrincipal() who: Principal,
    @Query() { format }: ScenariosQuery,
    @Res({ passthrough: true }) response: Response,
  ) {
    const answer = await this.database.as(who, async (tx) => {
      const { proposal, history } = await activeModel(tx);
      const { days } = await tx.factorHistory.findUniqueOrThrow({ where: { history } });
      const load = (): Promise<RecordedModel> => loadModel(tx, proposal, days);
      return { proposal, scenarios: await this.library.scenarios(proposal, days, load) };
    });
    const { scenarios, proposal, asOfPosition, chainHash } = answer;
    if (format === 'csv') {
      response.type('text/csv');
      return scenariosCsv(scenarios);
    }
    const factors = scenarios.history.factors.map(({ id }) => id);
    const rows = scenarioRows(scenarios);
    const data = { proposal, root: scenarios.root, factors, scenarios: rows };
    return { asOfPosition, chainHash, data };
  }

  private async scaleOf(tx: Tx, asset: string): Promise<number> {
    const scales = await this.database.scales.ofAssets(tx, [asset]);
    return scales(asset);
  }
}

async function marginRow(tx: Tx, account: string, cycle: number | undefined): Promise<Margin> {
  await visibleAccount(tx, account);
  const row = await tx.margin.findFirst({
    where: { account, ...(cycle !== undefined && { cycle }) },
    orderBy: { cycle: 'desc' },
  });
  if (row !== null) return row;
  const which = cycle === undefined ? 'yet' : `in cycle ${cycle}`;
  throw notFound('cycle', `No margin was computed for ${account} ${which}.`);
}

async function activeModel(tx: Tx) {
  const row = await tx.riskModel.findFirst({ where: { status: 'active' } });
  if (row !== null) return row;
  throw notFound('model', 'No risk model is active: propose and approve one.');
}

async function loadModel(tx: Tx, proposal: string, days: number): Promise<RecordedModel> {
  const model = await tx.riskModel.findUniqueOrThrow({ where: { proposal } });
  const { history: id } = model;
  const history = await tx.factorHistory.findUniqueOrThrow({ where: { history: id } });
  const rows = await tx.factorDay.findMany({
    where: { history: id, day: { lt: days } },
    orderBy: { day: 'asc' },
  });
  return recordedModel(model, history, rows);
}
