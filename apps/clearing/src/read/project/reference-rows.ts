import type { AnyRecordedEvent } from '#events';
import type { HouseState } from '#ledger';
import type { Row, TableName } from './tables.js';

interface ReferenceRow {
  readonly table: TableName;
  readonly id: string;
  readonly row: Row;
}

/** The row of reference data an event creates or changes, as the state stands after it. */
export function referenceRow(
  state: HouseState,
  event: AnyRecordedEvent,
  expiredCycles: ReadonlyMap<string, number>,
): ReferenceRow | undefined {
  const at = event.position;
  switch (event.type) {
    case 'AssetRegistered': {
      const { asset, scale } = event.data;
      return { table: 'asset', id: asset, row: [asset, scale, at] };
    }
    case 'MemberRegistered': {
      const { member, name } = event.data;
      return { table: 'member', id: member, row: [member, name, false, at] };
    }
    case 'AccountOpened': {
      const { account, member, segregation, margin, isolatedInstrument, shard } = event.data;
      const row = [account, member, segregation, margin, isolatedInstrument, shard, at];
      return { table: 'account', id: account, row };
    }
    case 'VenueRegistered':
      return venueRow(state, event.data.venue, at);
    case 'InstrumentListed':
      return instrumentRow(state, event.data.spec.instrument, at, expiredCycles);
    case 'InstrumentLimitsChanged':
    case 'InstrumentExpired':
      return instrumentRow(state, event.data.instrument, at, expiredCycles);
    case 'SuspensionChanged': {
      const { scope, id } = event.data;
      // Only the journal has a member's name: its row is changed, not written again.
      if (scope === 'member') return undefined;
      if (scope === 'venue') return venueRow(state, id, at);
      return instrumentRow(state, id, at, expiredCycles);
    }
    default:
      return undefined;
  }
}

function venueRow(state: HouseState, id: string, at: number): ReferenceRow {
  const { venue, kind, mode, suspended } = state.venues.get(id)!;
  return { table: 'venue', id, row: [venue, kind, mode, suspended, at] };
}

function instrumentRow(
  state: HouseState,
  id: string,
  at: number,
  expiredCycles: ReadonlyMap<string, number>,
): ReferenceRow {
  const { spec, suspended } = state.instruments.get(id)!;
  const { instrument, kind, payoff, settlementAsset, baseAsset, priceScale, quantityScale } = spec;
  const row = [
    ...[instrument, kind, payoff, settlementAsset, baseAsset, priceScale, quantityScale],
    ...[spec.expiry, suspended, expiredCycles.get(id), { json: spec }, at],
  ];
  return { table: 'instrument', id, row };
}
