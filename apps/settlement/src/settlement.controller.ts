import { Controller, Get, SetMetadata } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

/** Every route here states that it needs no key: none of them tells more than the README does. */
const Public = () => SetMetadata('novate:roles', ['public']);

const PLAN = {
  service: 'novate settlement',
  status: 'not settling yet',
  will: [
    'follow the journal and turn each settlement cycle into chained, zero-sum batches',
    'have k of n co-signers derive every batch from their own copy of the journal before they sign',
    'send batches to the settlement contract, which accepts each once or never',
    'watch deposits on chain and hand them to the clearing app as custody',
    'reconcile chain, journal and ledger, and say so where they differ',
  ],
} as const;

/** Says what this app will do, and that it is alive. */
@ApiTags('settlement')
@Controller()
export class SettlementController {
  @Get()
  @Public()
  @ApiOperation({ summary: 'What this app will do.' })
  plan() {
    return PLAN;
  }

  @Get('health/live')
  @Public()
  live() {
    return { status: 'live' };
  }

  @Get('health/ready')
  @Public()
  ready() {
    return { status: 'ready' };
  }
}
