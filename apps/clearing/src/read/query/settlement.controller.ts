import { Controller, Get, Inject, Query, UseInterceptors, UsePipes } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type PersonalReader, withoutKeys } from '#events';
import { CurrentPrincipal, Roles } from '../../rights/index.js';
import type { Principal } from '../../rights/index.js';
import { READ_OPTIONS } from '../options.js';
import type { ReadOptions } from '../options.js';
import { ReadDatabase } from './database.js';
import type { Tx } from './database.js';
import { LegsQuery, ListQuery, SettlementAccountsQuery, WithdrawalsQuery } from './dto.js';
import { EtagInterceptor } from './etag.interceptor.js';
import { afterPair, decodeCursor, pageOf } from './page.js';
import { openWithdrawals, Personal } from './personal-views.js';
import { queryPipe } from './pipe.js';
import { OkList } from './schemas.js';
import { showLeg, showRail, showSettlementAccount } from './settlement-views.js';
import type { RailScales } from './settlement-views.js';
import { showWithdrawal } from './views.js';

/** Settlement on chains. Rails and legs are everybody's, balances and what a leg does to them are their member's. */
@Controller('v1')
@ApiTags('settlement')
@ApiBearerAuth()
@UsePipes(queryPipe())
@UseInterceptors(EtagInterceptor)
export class SettlementController {
  private readonly personal: PersonalReader;

  constructor(
    @Inject(ReadDatabase) private readonly database: ReadDatabase,
    @Inject(READ_OPTIONS) { personal = withoutKeys }: ReadOptions,
  ) {
    this.personal = personal;
  }

  @Get('rails')
  @Roles('operator', 'risk', 'regulator', 'settlement', 'member', 'custody')
  @ApiOperation({ summary: 'Rails: an asset on a chain, its contracts and how far its legs are.' })
  @OkList('Rail')
  rails(@CurrentPrincipal() who: Principal, @Query() { limit, cursor }: ListQuery) {
    const [after] = decodeCursor(cursor, ['rail']) ?? [];
    return this.database.as(who, async (tx) => {
      const rows = await tx.rail.findMany({
        where: after === undefined ? {} : { rail: { gt: after } },
        orderBy: { rail: 'asc' },
        take: limit + 1,
      });
      return pageOf(rows, limit, ({ rail }) => [rail], showRail);
    });
  }

  @Get('settlement-accounts')
  @Roles('operator', 'risk', 'regulator', 'settlement', 'member')
  @ApiOperation({ summary: 'Balances on rails: committed, posted, in flight and dust.' })
  @OkList('SettlementAccount')
  accounts(@CurrentPrincipal() who: Principal, @Query() query: SettlementAccountsQuery) {
    const { limit, rail, account, cursor } = query;
    const after = decodeCursor(cursor, ['string', 'rail']);
    return this.database.as(who, async (tx) => {
      const rows = await tx.settlementAccount.findMany({
        where: {
          AND: [
            rail === undefined ? {} : { rail },
            account === undefined ? {} : { account },
            afterPair(['account', 'rail'], after),
          ],
        },
        orderBy: [{ account: 'asc' }, { rail: 'asc' }],
        take: limit + 1,
      });
      const scales = await this.railScales(tx, rows);
      const cash = await cashOf(
        tx,
        rows.map((row) => row.account),
      );
      const show = (row: (typeof rows)[number]) => {
        const { asset } = scales(row.rail);
        return showSettlementAccount(row, scales(row.rail), cash(row.account, asset));
      };
      return pageOf(rows, limit, (row) => [row.account, row.rail], show);
    });
  }

  @Get('settlement-legs')
  @Roles('operator', 'risk', 'regulator', 'settlement', 'member')
  @ApiOperation({ summary: 'Legs of a rail with their finality; a member sees its own entries.' })
  @OkList('SettlementLeg')
  legs(@CurrentPrincipal() who: Principal, @Query() { rail, limit, cursor }: LegsQuery) {
    const [after] = decodeCursor(cursor, ['number']) ?? [];
    return this.database.as(who, async (tx) => {
      const rows = await tx.settlementLeg.findMany({
        where: { rail, ...(after === undefined ? {} : { seq: { gt: after } }) },
        orderBy: { seq: 'asc' },
        take: limit + 1,
      });
      const scales = await this.railScales(tx, rows);
      const entries = await tx.settlementEntry.findMany({
        where: { rail, seq: { in: rows.slice(0, limit).map(({ seq }) => seq) } },
        orderBy: [{ seq: 'asc' }, { ordinal: 'asc' }],
      });
      const show = (row: (typeof rows)[number]) => {
        const own = entries.filter(({ seq }) => seq === row.seq);
        return showLeg(row, own, scales(rail));
      };
      return pageOf(rows, limit, ({ seq }) => [Number(seq)], show);
    });
  }

  @Get('withdrawals')
  @Roles('operator', 'risk', 'regulator', 'member')
  @ApiOperation({ summary: 'Withdrawals and where they stand.' })
  @OkList('Withdrawal')
  @Personal()
  async withdrawals(@CurrentPrincipal() who: Principal, @Query() query: WithdrawalsQuery) {
    const { limit, account, status, cursor } = query;
    const [after] = decodeCursor(cursor, ['string']) ?? [];
    const page = await this.database.as(who, async (tx) => {
      const rows = await tx.withdrawal.findMany({
        where: {
          ...(after === undefined ? {} : { withdrawalId: { gt: after } }),
          ...(account === undefined ? {} : { account }),
          ...(status === undefined ? {} : { status }),
        },
        orderBy: { withdrawalId: 'asc' },
        take: limit + 1,
      });
      const assets = rows.map((row) => row.asset);
      const scales = await this.database.scales.ofAssets(tx, assets);
      const show = (row: (typeof rows)[number]) => showWithdrawal(row, scales);
      return pageOf(rows, limit, (row) => [row.withdrawalId], show);
    });
    return { ...page, data: await openWithdrawals(this.personal, page.data) };
  }

  /** Scales of the rails that rows are of. */
  private async railScales(
    tx: Tx,
    rows: readonly { readonly rail: string }[],
  ): Promise<(rail: string) => RailScales> {
    const ids = [...new Set(rows.map(({ rail }) => rail))];
    const rails = await tx.rail.findMany({ where: { rail: { in: ids } } });
    const assets = rails.map(({ asset }) => asset);
    const ofAssets = await this.database.scales.ofAssets(tx, assets);
    const found = new Map(
      rails.map(({ rail, asset, railScale }) => [
        rail,
        { asset, scale: railScale, assetScale: ofAssets(asset) },
      ]),
    );
    return (rail) => found.get(rail)!;
  }
}

/** Cash of accounts, minor units. */
async function cashOf(
  tx: Tx,
  accounts: readonly string[],
): Promise<(account: string, asset: string) => bigint> {
  const where = { account: { in: [...accounts] }, kind: 'cash' };
  const rows = await tx.balance.findMany({ where });
  const found = new Map(
    rows.map((row) => [`${row.account}|${row.asset}`, BigInt(row.amount.toFixed(0))]),
  );
  return (account, asset) => found.get(`${account}|${asset}`) ?? 0n;
}
