import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { entryKinds } from '#ledger';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';

export const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Cycles are counted in 32 bits. */
export const MAX_CYCLE = 2_147_483_647;
/** `<chainId>/<asset>`. */
export const RAIL = /^[1-9]\d{0,15}\/[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const NOT_A_RAIL = { message: '$property must be <chainId>/<asset>' };
const NOT_AN_ID = { message: '$property must be 1 to 64 characters out of A-Z a-z 0-9 . _ -' };

/** Paging, common to every list. */
export class ListQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 100 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit = 100;

  @ApiPropertyOptional({ description: 'nextCursor of the page before, as it came.' })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  cursor?: string;
}

export class PositionsQuery extends ListQuery {
  @ApiPropertyOptional()
  @IsOptional()
  @Matches(ID, NOT_AN_ID)
  account?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @Matches(ID, NOT_AN_ID)
  instrument?: string;
}

export class TradesQuery extends PositionsQuery {
  @ApiPropertyOptional()
  @IsOptional()
  @Matches(ID, NOT_AN_ID)
  venue?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @Matches(ID, NOT_AN_ID)
  tradeId?: string;

  @ApiPropertyOptional({ enum: ['novated', 'busted', 'corrected'] })
  @IsOptional()
  @IsIn(['novated', 'busted', 'corrected'])
  status?: string;

  @ApiPropertyOptional({ type: 'integer', description: 'Settlement window of the trade.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  window?: number;
}

export class SettlementPricesQuery extends ListQuery {
  @ApiPropertyOptional()
  @IsOptional()
  @Matches(ID, NOT_AN_ID)
  instrument?: string;

  @ApiPropertyOptional({ type: 'integer' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_CYCLE)
  cycle?: number;
}

export class MarginQuery {
  @ApiPropertyOptional({ type: 'integer', description: 'After that cycle; default: the latest.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_CYCLE)
  cycle?: number;
}

export class ScenariosQuery {
  @ApiPropertyOptional({ enum: ['json', 'csv'], default: 'json' })
  @IsOptional()
  @IsIn(['json', 'csv'])
  format: 'json' | 'csv' = 'json';
}

export class SettlementAccountsQuery extends ListQuery {
  @ApiPropertyOptional({ description: '<chainId>/<asset>' })
  @IsOptional()
  @Matches(RAIL, NOT_A_RAIL)
  rail?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @Matches(ID, NOT_AN_ID)
  account?: string;
}

export class LegsQuery extends ListQuery {
  @ApiProperty({ description: '<chainId>/<asset>' })
  @Matches(RAIL, NOT_A_RAIL)
  rail!: string;
}

const STATUSES = [
  ...['pending', 'completed', 'rejected', 'reserved', 'settling', 'settled', 'released'],
];

export class WithdrawalsQuery extends ListQuery {
  @ApiPropertyOptional()
  @IsOptional()
  @Matches(ID, NOT_AN_ID)
  account?: string;

  @ApiPropertyOptional({ enum: STATUSES })
  @IsOptional()
  @IsIn(STATUSES)
  status?: string;
}

export class RejectsQuery extends ListQuery {
  @ApiPropertyOptional({ description: 'Reject code, e.g. 2002_UNKNOWN_INSTRUMENT.' })
  @IsOptional()
  @Matches(/^\d{4}_[A-Z_]{1,40}$/)
  code?: string;
}

export class EventsQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 0, default: 0 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  from = 0;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 100 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit = 100;
}

const CUT = 'RFC 3339 time or microseconds: the end of the last cycle at or before it.';

export class StatementQuery {
  @ApiPropertyOptional({ type: 'integer', description: 'As of that many events.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  position?: number;

  @ApiPropertyOptional({ type: 'integer', description: 'As of the end of that cycle.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_CYCLE)
  cycle?: number;

  @ApiPropertyOptional({ description: CUT })
  @IsOptional()
  @IsString()
  @MaxLength(40)
  time?: string;

  @ApiPropertyOptional({
    description: `Begin of the period: a position, or an RFC 3339 time. Default 0. ${CUT}`,
  })
  @IsOptional()
  @IsString()
  @MaxLength(40)
  from?: string;

  @ApiPropertyOptional({ enum: ['json', 'csv'], default: 'json' })
  @IsOptional()
  @IsIn(['json', 'csv'])
  format: 'json' | 'csv' = 'json';
}

export class StateQuery {
  @ApiPropertyOptional({
    description: `A position, or an RFC 3339 time; default: all that is recorded. ${CUT}`,
  })
  @IsOptional()
  @IsString()
  @MaxLength(40)
  at?: string;
}

export class StateEntryQuery extends StateQuery {
  @ApiProperty({ enum: entryKinds })
  @IsIn(entryKinds)
  kind!: string;

  @ApiProperty({
    description:
      'As the entry is named: an id, or parts joined by `|`, e.g. `M01-H|BTC-PERP` for a position ' +
      'and `USDT|A/M01-H/cash` for a book.',
  })
  @IsString()
  @MaxLength(256)
  id!: string;
}
