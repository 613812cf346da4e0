import { Controller, Get, Header, Inject, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { reject, type SourceStanding, sourceStanding } from '#ledger';
import { Engine } from '../../engine/index.js';
import { Problem } from '../../problem/index.js';
import { CurrentPrincipal, Roles } from '../../rights/index.js';
import type { Principal } from '../../rights/index.js';

/** With the size of the journal at that moment: whoever follows the log knows by it how far behind it is. */
type Answer = SourceStanding & { readonly size: number };

const count = { type: 'integer' as const };
const schema = {
  type: 'object' as const,
  required: ['source', 'window', 'openWindow', 'ends', 'streams', 'size'],
  properties: {
    source: { type: 'string', description: 'Venue or custodian' },
    window: { ...count, description: 'The first window it has not closed' },
    openWindow: { ...count, description: 'The settlement cycle under way' },
    ends: {
      type: 'array',
      items: { ...count, description: 'Microseconds since 1970' },
      description: 'Ends of that window as trading venues named them that have closed it',
    },
    streams: {
      type: 'array',
      items: {
        type: 'object',
        required: ['topic', 'key', 'lastSequence', 'count', 'total'],
        properties: {
          topic: { type: 'string' },
          key: { type: 'string' },
          lastSequence: { ...count, description: 'The next message is the one after it' },
          gapAt: { ...count, description: 'The missing sequence the stream waits for' },
          count: { ...count, description: 'Messages of the window so far' },
          total: { type: 'string', description: 'Their control total in smallest units' },
        },
      },
    },
    size: { ...count, description: 'Events in the journal' },
  },
};

/**
 * Where a source stands: which sequence of each stream comes next, and which window it has to close. A venue that lost its place
 * goes on from here.
 */
@ApiTags('intake')
@ApiBearerAuth()
@Controller('v1/sources')
export class SourcesController {
  constructor(@Inject(Engine) private readonly engine: Engine) {}

  @Get(':source')
  @Roles('venue', 'custody', 'operator', 'regulator')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'What the house has of a source: its streams, and the window it has to close next.',
    description:
      'Of the state in memory, of which the last moments may not be durable yet: what was acknowledged is. A source sees itself only.',
  })
  @ApiOkResponse({ schema })
  standing(@Param('source') source: string, @CurrentPrincipal() principal: Principal): Answer {
    const isSource = principal.role === 'venue' || principal.role === 'custody';
    if (isSource && source !== principal.id) {
      throw Problem.of(reject('FORBIDDEN', 'source', `This key speaks for ${principal.id} only.`));
    }
    const standing = sourceStanding(this.engine.state, source);
    if (standing === undefined) {
      throw Problem.of(reject('UNKNOWN_VENUE', 'source', 'There is no venue of this name.'));
    }
    return { ...standing, size: this.engine.head.size };
  }
}
