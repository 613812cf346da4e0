import { Controller, Get, Inject, Query, UseInterceptors, UsePipes } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { AnyRecordedEvent } from '#events';
import { Problem } from '../../problem/index.js';
import { Roles } from '../../rights/index.js';
import { ReadLifecycle } from '../lifecycle.js';
import { READ_OPTIONS } from '../options.js';
import type { ReadOptions } from '../options.js';
import { EventsQuery } from './dto.js';
import { EtagInterceptor } from './etag.interceptor.js';
import { queryPipe } from './pipe.js';
import { OkFlat } from './schemas.js';

/** The journal itself: where it stands, and its events for those who may recompute the house. */
@Controller('v1/journal')
@ApiTags('journal')
@ApiBearerAuth()
@UsePipes(queryPipe())
export class JournalController {
  constructor(
    @Inject(READ_OPTIONS) private readonly options: ReadOptions,
    @Inject(ReadLifecycle) private readonly lifecycle: ReadLifecycle,
  ) {}

  @Get('head')
  @Roles('operator', 'risk', 'regulator', 'member', 'venue', 'custody')
  @ApiOperation({ summary: 'Size and hash of the journal, and the state hash of the house there.' })
  @OkFlat('JournalHead')
  async head() {
    const { size } = await this.options.journal.head();
    const folded = await this.lifecycle.head(size);
    if (!folded) throw Problem.unavailable('The read model is catching up with the journal.');
    return { asOfPosition: folded.size, chainHash: folded.hash, ...folded };
  }

  @Get('events')
  @Roles('operator', 'risk', 'regulator')
  @UseInterceptors(EtagInterceptor)
  @ApiOperation({ summary: 'Events as recorded, from a position on; go on at nextFrom.' })
  @ApiOkResponse({
    schema: {
      type: 'object',
      required: ['asOfPosition', 'chainHash', 'data'],
      properties: {
        asOfPosition: { type: 'integer' },
        chainHash: { type: 'string' },
        data: { type: 'array', items: { $ref: '#/components/schemas/Event' } },
        nextFrom: { type: 'integer', description: 'Absent at the end of the journal.' },
      },
    },
  })
  async events(@Query() { from, limit }: EventsQuery) {
    const { journal } = this.options;
    const { size, hash } = await journal.head();
    const end = Math.min(from + limit, size);
    const data: AnyRecordedEvent[] = [];
    if (from < end) {
      for await (const batch of journal.read(from)) {
        data.push(...batch.events.filter(({ position }) => position >= from && position < end));
        if (batch.header.firstPosition + batch.header.count >= end) break;
      }
    }
    return {
      asOfPosition: size,
      chainHash: hash,
      data,
      ...(end < size && from < end ? { nextFrom: end } : {}),
    };
  }
}
