import { Controller, Get, Inject, Query, Res, UsePipes } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiOkResponse,
  ApiOperation,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import type { Response } from 'express';
import { Roles } from '../../rights/index.js';
import { READ_OPTIONS } from '../options.js';
import type { ReadOptions } from '../options.js';
import { LogLines } from './log-lines.js';
import { notFound } from './page.js';
import { queryPipe } from './pipe.js';

/** A page ends with the line that passes this many bytes, so that one answer stays small whatever is recorded. */
const MAX_PAGE_BYTES = 8 * 1024 * 1024;
/** Header: number of events in the journal as the page was made. */
export const LOG_SIZE_HEADER = 'novate-log-size';

export class LogEventsQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 0, default: 0, description: 'First position.' })
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  from = 0;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 10_000, default: 1000 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(10_000)
  limit = 1000;
}

/**
 * The log for those who keep a copy of their own. A line is the preimage of a leaf, byte for byte as `novate export --log` writes
 * it, so who hashes the lines gets the roots that were signed and anchored, and trusts no word of this answer.
 */
@Controller('v1/log')
@ApiTags('log')
@ApiBearerAuth()
@UsePipes(queryPipe())
export class LogEventsController {
  private readonly lines: LogLines;

  constructor(@Inject(READ_OPTIONS) private readonly options: ReadOptions) {
    this.lines = new LogLines(options.journal);
  }

  @Get('events')
  @Roles('operator', 'risk', 'regulator', 'settlement', 'cosigner')
  @ApiOperation({
    summary: 'Lines of the log from a position on, each the preimage of its leaf (RFC 8785 JSON).',
    description:
      'The line at position n is followed by a line feed. A page has at most `limit` lines and ends early after 8 MiB: go on at ' +
      '`from` plus the lines that came. Empty at the end of the log; the header novate-log-size says how far it goes.',
  })
  @ApiOkResponse({ content: { 'application/x-ndjson': { schema: { type: 'string' } } } })
  async events(@Query() { from, limit }: LogEventsQuery, @Res() response: Response): Promise<void> {
    const { size } = await this.options.journal.head();
    if (from > size) throw notFound('from', `The log has ${size} events.`);
    const lines = await this.lines.page(from, Math.min(from + limit, size), MAX_PAGE_BYTES);
    response.set(LOG_SIZE_HEADER, String(size)).set('cache-control', 'no-store');
    response.type('application/x-ndjson').send(Buffer.concat(lines));
  }
}
