import { Controller, Get, Inject, Param, Query, UseInterceptors, UsePipes } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type PersonalReader, withoutKeys } from '#events';
import { CurrentPrincipal, Roles } from '../../rights/index.js';
import type { Principal } from '../../rights/index.js';
import { READ_OPTIONS } from '../options.js';
import type { ReadOptions } from '../options.js';
import { ReadDatabase } from './database.js';
import type { Tx } from './database.js';
import { ListQuery, PositionsQuery } from './dto.js';
import { EtagInterceptor } from './etag.interceptor.js';
import { afterPair, decodeCursor, notFound, pageOf } from './page.js';
import { openWithdrawals, Personal } from './personal-views.js';
import { pathId, queryPipe } from './pipe.js';
import { OkList, OkOne } from './schemas.js';
import { showAccount, showBalance, showPosition, showShortfall, showWithdrawal } from './views.js';

/** Accounts, what they hold and what they own. A member sees its own. */
@Controller('v1')
@ApiTags('accounts')
@ApiBearerAuth()
@Roles('operator', 'risk', 'regulator', 'member')
@UsePipes(queryPipe())
@UseInterceptors(EtagInterceptor)
export class AccountsController {
  private readonly personal: PersonalReader;

  constructor(
    @Inject(ReadDatabase) private readonly database: ReadDatabase,
    @Inject(READ_OPTIONS) { personal = withoutKeys }: ReadOptions,
  ) {
    this.personal = personal;
  }

  @Get('accounts')
  @ApiOperation({ summary: 'Accounts.' })
  @OkList('Account')
  accounts(@CurrentPrincipal() who: Principal, @Query() { limit, cursor }: ListQuery) {
    const [after] = decodeCursor(cursor, ['string']) ?? [];
    return this.database.as(who, async (tx) => {
      const rows = await tx.account.findMany({
        where: after === undefined ? {} : { account: { gt: after } },
        orderBy: { account: 'asc' },
        take: limit + 1,
      });
      return pageOf(rows, limit, ({ account }) => [account], showAccount);
    });
  }

  @Get('accounts/:id')
  @ApiOperation({ summary: 'One account, its latest 100 withdrawals and shortfalls.' })
  @OkOne('AccountDetail')
  @Personal()
  async account(@CurrentPrincipal() who: Principal, @Param('id', pathId) account: string) {
    const found = await this.database.as(who, async (tx) => {
      const row = await visibleAccount(tx, account);
      const latest = { where: { account }, orderBy: { position: 'desc' }, take: 100 } as const;
      const withdrawals = await tx.withdrawal.findMany(latest);
      const shortfalls = await tx.shortfall.findMany(latest);
      const names = [...withdrawals, ...shortfalls].map(({ asset }) => asset);
      const scales = await this.database.scales.ofAssets(tx, names);
      return {
        data: {
          ...showAccount(row),
          withdrawals: withdrawals.map((each) => showWithdrawal(each, scales)),
          shortfalls: shortfalls.map((each) => showShortfall(each, scales)),
        },
      };
    });
    const withdrawals = await openWithdrawals(this.personal, found.data.withdrawals);
    return { ...found, data: { ...found.data, withdrawals } };
  }

  @Get('accounts/:id/balances')
  @ApiOperation({ summary: "Balances of the account's books." })
  @OkList('Balance')
  balances(
    @CurrentPrincipal() who: Principal,
    @Param('id', pathId) account: string,
    @Query() { limit, cursor }: ListQuery,
  ) {
    const after = decodeCursor(cursor, ['string', 'string']);
    return this.database.as(who, async (tx) => {
      await visibleAccount(tx, account);
      const rows = await tx.balance.findMany({
        where: { account, ...afterPair(['asset', 'kind'], after) },
        orderBy: [{ asset: 'asc' }, { kind: 'asc' }],
        take: limit + 1,
      });
      const scales = await this.database.scales.ofAssets(
        tx,
        rows.map((row) => row.asset),
      );
      return pageOf(
        rows,
        limit,
        (row) => [row.asset, row.kind],
        (row) => showBalance(row, scales),
      );
    });
  }

  @Get('accounts/:id/positions')
  @ApiOperation({ summary: 'Positions of one account.' })
  @OkList('Position')
  accountPositions(
    @CurrentPrincipal() who: Principal,
    @Param('id', pathId) account: string,
    @Query() query: ListQuery,
  ) {
    return this.database.as(who, async (tx) => {
      await visibleAccount(tx, account);
      return this.positionsOf(tx, { ...query, account });
    });
  }

  @Get('positions')
  @ApiOperation({ summary: 'Positions.' })
  @OkList('Position')
  positions(@CurrentPrincipal() who: Principal, @Query() query: PositionsQuery) {
    return this.database.as(who, (tx) => this.positionsOf(tx, query));
  }

  private async positionsOf(tx: Tx, query: PositionsQuery) {
    const { limit, account, instrument } = query;
    const after = decodeCursor(query.cursor, ['string', 'string']);
    const rows = await tx.position.findMany({
      where: {
        AND: [
          account === undefined ? {} : { account },
          instrument === undefined ? {} : { instrument },
          afterPair(['account', 'instrument'], after),
        ],
      },
      orderBy: [{ account: 'asc' }, { instrument: 'asc' }],
      take: limit + 1,
    });
    const { scales } = this.database;
    const ofInstruments = await scales.ofInstruments(
      tx,
      rows.map((row) => row.instrument),
    );
    const assets = rows.map((row) => ofInstruments(row.instrument).settlementAsset);
    const ofAssets = await scales.ofAssets(tx, assets);
    const show = (row: (typeof rows)[number]) => showPosition(row, ofInstruments, ofAssets);
    return pageOf(rows, limit, (row) => [row.account, row.instrument], show);
  }
}

/** The account, or 404: an account of another member and one that does not exist look the same. */
export async function visibleAccount(tx: Tx, account: string) {
  const row = await tx.account.findUnique({ where: { account } });
  if (row === null) throw notFound('id', `There is no account ${account} that this key may see.`);
  return row;
}
