import { Controller, Get, Inject, Param, Query, UseInterceptors, UsePipes } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type PersonalReader, withoutKeys } from '#events';
import { reject } from '#ledger';
import { Problem } from '../../problem/index.js';
import { CurrentPrincipal, Roles } from '../../rights/index.js';
import type { Principal } from '../../rights/index.js';
import { READ_OPTIONS } from '../options.js';
import type { ReadOptions } from '../options.js';
import { ReadDatabase } from './database.js';
import { ListQuery, SettlementPricesQuery } from './dto.js';
import { EtagInterceptor } from './etag.interceptor.js';
import { afterPair, decodeCursor, notFound, pageOf } from './page.js';
import { openMembers, Personal } from './personal-views.js';
import { pathId, queryPipe } from './pipe.js';
import { OkList, OkOne } from './schemas.js';
import { showCycle, showInstrument, showObligation } from './views.js';
import { showSettlementPrice, showWindow } from './views.js';

/** Members, instruments, and what the cycles fixed: prices, totals, reconciliations. */
@Controller('v1')
@ApiTags('reference')
@ApiBearerAuth()
@UsePipes(queryPipe())
@UseInterceptors(EtagInterceptor)
export class ReferenceController {
  private readonly personal: PersonalReader;

  constructor(
    @Inject(ReadDatabase) private readonly database: ReadDatabase,
    @Inject(READ_OPTIONS) { personal = withoutKeys }: ReadOptions,
  ) {
    this.personal = personal;
  }

  @Get('members')
  @Roles('operator', 'risk', 'regulator', 'member')
  @ApiOperation({ summary: 'Members; a member sees itself.' })
  @OkList('Member')
  @Personal()
  async members(@CurrentPrincipal() who: Principal, @Query() { limit, cursor }: ListQuery) {
    const [after] = decodeCursor(cursor, ['string']) ?? [];
    const page = await this.database.as(who, async (tx) => {
      const rows = await tx.member.findMany({
        where: after === undefined ? {} : { member: { gt: after } },
        orderBy: { member: 'asc' },
        take: limit + 1,
      });
      return pageOf(rows, limit, ({ member }) => [member], showMember);
    });
    return { ...page, data: await openMembers(this.personal, page.data) };
  }

  @Get('members/:id')
  @Roles('operator', 'risk', 'regulator', 'member')
  @ApiOperation({ summary: 'One member.' })
  @OkOne('Member')
  @Personal()
  async member(@CurrentPrincipal() who: Principal, @Param('id', pathId) id: string) {
    const found = await this.database.as(who, async (tx) => {
      const row = await tx.member.findUnique({ where: { member: id } });
      if (row === null) throw notFound('id', `There is no member ${id} that this key may see.`);
      return { data: showMember(row) };
    });
    const [data] = await openMembers(this.personal, [found.data]);
    return { ...found, data };
  }

  @Get('instruments')
  @Roles('operator', 'risk', 'regulator', 'member', 'venue', 'custody')
  @ApiOperation({ summary: 'Instruments with their contract specification.' })
  @OkList('Instrument')
  instruments(@CurrentPrincipal() who: Principal, @Query() { limit, cursor }: ListQuery) {
    const [after] = decodeCursor(cursor, ['string']) ?? [];
    return this.database.as(who, async (tx) => {
      const rows = await tx.instrument.findMany({
        where: after === undefined ? {} : { instrument: { gt: after } },
        orderBy: { instrument: 'asc' },
        take: limit + 1,
      });
      return pageOf(rows, limit, ({ instrument }) => [instrument], showInstrument);
    });
  }

  @Get('settlement-prices')
  @Roles('operator', 'risk', 'regulator', 'member', 'venue', 'custody')
  @ApiOperation({ summary: 'Settlement price per cycle and instrument, with its evidence.' })
  @OkList('SettlementPrice')
  settlementPrices(@CurrentPrincipal() who: Principal, @Query() query: SettlementPricesQuery) {
    const { limit, cycle, instrument } = query;
    const after = decodeCursor(query.cursor, ['cycle', 'string']);
    return this.database.as(who, async (tx) => {
      const rows = await tx.settlementPrice.findMany({
        where: {
          ...(cycle === undefined ? {} : { cycle }),
          ...(instrument === undefined ? {} : { instrument }),
          ...afterPair(['cycle', 'instrument'], after),
        },
        orderBy: [{ cycle: 'asc' }, { instrument: 'asc' }],
        take: limit + 1,
      });
      const names = rows.map((row) => row.instrument);
      const scales = await this.database.scales.ofInstruments(tx, names);
      const show = (row: (typeof rows)[number]) => showSettlementPrice(row, scales);
      return pageOf(rows, limit, (row) => [row.cycle, row.instrument], show);
    });
  }

  @Get('cycles')
  @Roles('operator', 'risk', 'regulator', 'member', 'venue', 'custody')
  @ApiOperation({ summary: 'Settlement cycles with the totals of their obligations.' })
  @OkList('Cycle')
  cycles(@CurrentPrincipal() who: Principal, @Query() { limit, cursor }: ListQuery) {
    const [after] = decodeCursor(cursor, ['cycle']) ?? [];
    return this.database.as(who, async (tx) => {
      const rows = await tx.cycle.findMany({
        where: after === undefined ? {} : { cycle: { gt: after } },
        orderBy: { cycle: 'asc' },
        take: limit + 1,
      });
      const cycles = rows.map((row) => row.cycle);
      const totals = await tx.obligationTotal.findMany({
        where: { cycle: { in: cycles } },
        orderBy: { position: 'asc' },
      });
      const { scales } = this.database;
      const names = totals.map((total) => total.instrument);
      const ofInstruments = await scales.ofInstruments(tx, names);
      const ofAssets = await scales.ofAssets(
        tx,
        totals.map((total) => total.asset),
      );
      return pageOf(
        rows,
        limit,
        (row) => [row.cycle],
        (row) => {
          const own = totals.filter((total) => total.cycle === row.cycle);
          return showCycle(
            row,
            own.map((total) => showObligation(total, ofInstruments, ofAssets)),
          );
        },
      );
    });
  }

  @Get('venues/:id/windows')
  @Roles('operator', 'risk', 'regulator', 'venue', 'custody')
  @ApiOperation({ summary: "Reconciliation per window: the venue's count and total against ours." })
  @OkList('Window')
  windows(
    @CurrentPrincipal() who: Principal,
    @Param('id', pathId) venue: string,
    @Query() { limit, cursor }: ListQuery,
  ) {
    const own = who.role === 'operator' || who.role === 'regulator' || who.id === venue;
    if (!own) throw Problem.of(reject('FORBIDDEN', 'id', 'A venue reads its own windows only.'));
    const after = decodeCursor(cursor, ['number', 'string', 'string']);
    return this.database.as(who, async (tx) => {
      const rows = await tx.windowReconciliation.findMany({
        where: { venue, ...(after ? { OR: afterWindow(after) } : {}) },
        orderBy: [{ windowNo: 'asc' }, { topic: 'asc' }, { key: 'asc' }],
        take: limit + 1,
      });
      const { scales } = this.database;
      const assets = rows.filter((row) => row.topic === 'deposits').map((row) => row.key);
      const ofAssets = await scales.ofAssets(tx, assets);
      const ofInstruments = await scales.ofInstruments(
        tx,
        rows.map((row) => row.key),
      );
      const show = (row: (typeof rows)[number]) => showWindow(row, ofInstruments, ofAssets);
      return pageOf(rows, limit, (row) => [Number(row.windowNo), row.topic, row.key], show);
    });
  }
}

function showMember({
  member,
  name,
  suspended,
}: {
  readonly member: string;
  readonly name: string;
  readonly suspended: boolean;
}) {
  return { member, name, suspended };
}

function afterWindow([windowNo, topic, key]: readonly [number, string, string]) {
  return [
    { windowNo: { gt: windowNo } },
    { windowNo, topic: { gt: topic } },
    { windowNo, topic, key: { gt: key } },
  ];
}
