import { Controller, Get, Inject, Query, UseInterceptors, UsePipes } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, Roles } from '../../rights/index.js';
import type { Principal } from '../../rights/index.js';
import { ReadDatabase } from './database.js';
import { RejectsQuery, TradesQuery } from './dto.js';
import { EtagInterceptor } from './etag.interceptor.js';
import { decodeCursor, pageOf } from './page.js';
import { queryPipe } from './pipe.js';
import { OkList } from './schemas.js';
import { showReject, showTrade } from './views.js';

/** What came in: accepted trades and refused inputs, in the journal's order. */
@Controller('v1')
@ApiTags('inputs')
@ApiBearerAuth()
@UsePipes(queryPipe())
@UseInterceptors(EtagInterceptor)
export class TradesController {
  constructor(@Inject(ReadDatabase) private readonly database: ReadDatabase) {}

  @Get('trades')
  @Roles('operator', 'risk', 'regulator', 'member', 'venue')
  @ApiOperation({ summary: 'Trades; a member sees its own side, a venue its own trades.' })
  @OkList('Trade')
  trades(@CurrentPrincipal() who: Principal, @Query() query: TradesQuery) {
    const { limit, account, instrument, venue, tradeId, status, window } = query;
    const [after] = decodeCursor(query.cursor, ['number']) ?? [];
    return this.database.as(who, async (tx) => {
      const rows = await tx.trade.findMany({
        where: {
          ...(after === undefined ? {} : { position: { gt: after } }),
          ...(account === undefined ? {} : { OR: [{ buyer: account }, { seller: account }] }),
          ...(instrument === undefined ? {} : { instrument }),
          ...(venue === undefined ? {} : { venue }),
          ...(tradeId === undefined ? {} : { tradeId }),
          ...(status === undefined ? {} : { status }),
          ...(window === undefined ? {} : { windowNo: window }),
        },
        orderBy: { position: 'asc' },
        take: limit + 1,
      });
      const names = rows.map((row) => row.instrument);
      const scales = await this.database.scales.ofInstruments(tx, names);
      return pageOf(
        rows,
        limit,
        (row) => [Number(row.position)],
        (row) => showTrade(row, scales),
      );
    });
  }

  @Get('rejects')
  @Roles('operator', 'risk', 'regulator', 'venue', 'custody')
  @ApiOperation({ summary: 'Refused inputs with the reason and what mends it.' })
  @OkList('Reject')
  rejects(@CurrentPrincipal() who: Principal, @Query() query: RejectsQuery) {
    const { limit, code } = query;
    const [after] = decodeCursor(query.cursor, ['number']) ?? [];
    return this.database.as(who, async (tx) => {
      const rows = await tx.rejectedInput.findMany({
        where: {
          ...(after === undefined ? {} : { position: { gt: after } }),
          ...(code === undefined ? {} : { code }),
        },
        orderBy: { position: 'asc' },
        take: limit + 1,
      });
      return pageOf(rows, limit, (row) => [Number(row.position)], showReject);
    });
  }
}
