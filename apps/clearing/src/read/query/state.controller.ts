import { Controller, Get, Inject, Query, UsePipes } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { memorySnapshots } from '#events';
import {
  type Cut,
  CutNotFound,
  type Folded,
  proveEntry,
  type SnapshotSource,
  stateAt,
} from '#ledger';
import { CurrentPrincipal, Roles } from '../../rights/index.js';
import type { Principal } from '../../rights/index.js';
import { parseTimestamp } from '../format.js';
import { READ_OPTIONS } from '../options.js';
import type { ReadOptions } from '../options.js';
import { StateEntryQuery, StateQuery } from './dto.js';
import { invalidQuery, notFound } from './page.js';
import { queryPipe } from './pipe.js';
import { OkFlat } from './schemas.js';
import { ReplayTurn } from './turn.js';

/** The ledger's own state at any point, folded from the nearest snapshot that holds and the journal after it. */
@Controller('v1/state')
@ApiTags('journal')
@ApiBearerAuth()
@UsePipes(queryPipe())
export class StateController {
  private readonly source: SnapshotSource;

  constructor(
    @Inject(READ_OPTIONS) { journal, snapshots }: ReadOptions,
    @Inject(ReplayTurn) private readonly turn: ReplayTurn,
  ) {
    this.source = snapshots ?? { journal, snapshots: memorySnapshots(), keys: [], log: () => {} };
  }

  @Get()
  @Roles('operator', 'risk', 'regulator')
  @ApiOperation({ summary: 'State hash of the house at any position or time; default: now.' })
  @OkFlat('StateAt')
  async state(@Query() { at }: StateQuery) {
    return this.turn.run(async () => {
      const folded = await this.fold(at);
      const { root, size } = await proveEntry(folded.state);
      return placeOf(folded, root, size);
    });
  }

  @Get('entry')
  @Roles('operator', 'risk', 'regulator', 'member')
  @ApiOperation({
    summary: 'One entry of the state at any position or time, and the path that proves it.',
    description:
      'A member sees entries of its own accounts, without the path: siblings are hashes of the entries ' +
      'beside them, from which small amounts could be guessed.',
  })
  @OkFlat('StateEntry')
  async entry(@CurrentPrincipal() who: Principal, @Query() { at, kind, id }: StateEntryQuery) {
    return this.turn.run(async () => {
      const folded = await this.fold(at);
      const { root, size, found } = await proveEntry(folded.state, { kind, id });
      const isMember = who.role === 'member';
      if (!found || (isMember && ownerOf(folded, kind, id) !== who.id)) {
        throw notFound('id', `There was no ${kind} "${id}" at position ${folded.size}.`);
      }
      const { line, index, path } = found.proof;
      const shown = { ...placeOf(folded, root, size), kind, id, line };
      return isMember ? shown : { ...shown, index, path };
    });
  }

  private async fold(at: string | undefined): Promise<Folded> {
    try {
      return await stateAt(this.source, await this.cutOf(at));
    } catch (error) {
      if (error instanceof CutNotFound) throw notFound('at', error.message);
      throw error;
    }
  }

  private async cutOf(at: string | undefined): Promise<Cut> {
    if (at === undefined) return { position: (await this.source.journal.head()).size };
    if (/^\d{1,15}$/.test(at)) return { position: Number(at) };
    const time = parseTimestamp(at);
    if (time !== undefined) return { time };
    const fix = 'Send e.g. 25000, or 2024-08-09T00:00:00Z.';
    throw invalidQuery('at', `"${at}" is neither a position nor a time.`, fix);
  }
}

function placeOf({ state, size, hash }: Folded, stateHash: string, entries: number) {
  const cycle = state.openWindow - 1;
  return { asOfPosition: size, chainHash: hash, cycle, stateHash, entries };
}

/** The member an entry belongs to; undefined for entries of the house, of venues, and of everybody. */
function ownerOf({ state }: Folded, kind: string, id: string): string | undefined {
  const memberOf = (account: string | undefined) =>
    account === undefined ? undefined : state.accounts.get(account)?.member;
  switch (kind) {
    case 'member':
      return id;
    case 'account':
    case 'requirement':
      return memberOf(id);
    case 'position':
      return memberOf(id.split('|')[0]);
    case 'book':
      return memberOf(/^[^|]+\|A\/([^/]+)\//.exec(id)?.[1]);
    case 'withdrawal':
      return memberOf(state.withdrawals.get(id)?.account);
    default:
      return undefined;
  }
}
