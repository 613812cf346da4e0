import type { AnyNewEvent, EventData, InstrumentSpec } from '#events';
import type { Command } from '../commands.js';
import { checkId, shardOf, skeleton } from '../ids.js';
import type { HouseState } from '../state.js';
import { fact, known, need, type Origin, Refusal } from './context.js';
import { needPersonal } from './personal.js';
import { checkSpec } from './specification.js';

type Of<K extends Command['kind']> = Extract<Command, { kind: K }>;

/** A new id: well formed, never used, and not to be mistaken for one that exists. */
function needFresh(
  state: HouseState,
  kind: string,
  known: ReadonlyMap<string, unknown>,
  id: string,
): void {
  const malformed = checkId(kind, id);
  if (malformed !== undefined) throw new Refusal(malformed);
  need(!known.has(id), 'ALREADY_EXISTS', kind, `${kind} ${id} exists`);
  const twin = state.skeletons.has(`${kind}:${skeleton(id)}`);
  need(!twin, 'CONFUSABLE_ID', kind, `${kind} ${id} looks like an existing one`);
}

export function registerAsset(
  state: HouseState,
  command: Of<'register-asset'>,
  origin: Origin,
): AnyNewEvent[] {
  const { asset, scale } = command;
  needFresh(state, 'asset', state.assets, asset);
  need(
    Number.isInteger(scale) && scale >= 8 && scale <= 18,
    'INVALID_SPECIFICATION',
    'scale',
    'the ledger scale of an asset is 8 to 18 decimals',
  );
  return [fact(origin, 0, 'AssetRegistered', { asset, scale })];
}

export function registerMember(
  state: HouseState,
  command: Of<'register-member'>,
  origin: Origin,
): AnyNewEvent[] {
  const { member, name } = command;
  needFresh(state, 'member', state.members, member);
  needPersonal('name', name, member);
  return [fact(origin, 0, 'MemberRegistered', { member, name })];
}

export function openAccount(
  state: HouseState,
  command: Of<'open-account'>,
  origin: Origin,
): AnyNewEvent[] {
  const { account, member, segregation, margin, isolatedInstrument } = command;
  needFresh(state, 'account', state.accounts, account);
  need(account !== 'guarantee', 'ALREADY_EXISTS', 'account', "guarantee is the house's own");
  known(state.members.get(member), 'UNKNOWN_MEMBER', 'member', member);
  const isolated = margin === 'isolated';
  need(
    isolated === (isolatedInstrument !== undefined),
    'INVALID_SPECIFICATION',
    'isolatedInstrument',
    'an isolated account names its one instrument, a cross account none',
  );
  if (isolatedInstrument !== undefined) {
    const field = 'isolatedInstrument';
    known(
      state.instruments.get(isolatedInstrument),
      'UNKNOWN_INSTRUMENT',
      field,
      isolatedInstrument,
    );
  }
  const data: EventData['AccountOpened'] = {
    account,
    member,
    segregation,
    margin,
    ...(isolatedInstrument === undefined ? {} : { isolatedInstrument }),
    shard: shardOf(account),
  };
  return [fact(origin, 0, 'AccountOpened', data)];
}

export function registerVenue(
  state: HouseState,
  command: Of<'register-venue'>,
  origin: Origin,
): AnyNewEvent[] {
  const { venue, venueKind, mode } = command;
  needFresh(state, 'venue', state.venues, venue);
  return [fact(origin, 0, 'VenueRegistered', { venue, kind: venueKind, mode })];
}

export function listInstrument(
  state: HouseState,
  command: Of<'list-instrument'>,
  origin: Origin,
): AnyNewEvent[] {
  const spec: InstrumentSpec = command.spec;
  needFresh(state, 'instrument', state.instruments, spec.instrument);
  checkSpec(state, spec);
  return [fact(origin, 0, 'InstrumentListed', { spec })];
}

export function changeLimits(
  state: HouseState,
  command: Of<'change-limits'>,
  origin: Origin,
): AnyNewEvent[] {
  const { instrument, maxOrderQuantity, positionLimit } = command;
  known(state.instruments.get(instrument), 'UNKNOWN_INSTRUMENT', 'instrument', instrument);
  for (const [field, units] of Object.entries({ maxOrderQuantity, positionLimit })) {
    const whole = /^[1-9]\d{0,37}$/.test(units);
    need(whole, 'NOT_POSITIVE', field, `${field} is a positive integer of minor units`);
  }
  const data = { instrument, maxOrderQuantity, positionLimit };
  return [fact(origin, 0, 'InstrumentLimitsChanged', data)];
}

export function changeSuspension(
  state: HouseState,
  command: Of<'suspend' | 'resume'>,
  origin: Origin,
): AnyNewEvent[] {
  const { scope, id, reason } = command;
  const suspended = command.kind === 'suspend';
  const target = {
    venue: () => known(state.venues.get(id), 'UNKNOWN_VENUE', 'id', id),
    member: () => known(state.members.get(id), 'UNKNOWN_MEMBER', 'id', id),
    instrument: () => known(state.instruments.get(id), 'UNKNOWN_INSTRUMENT', 'id', id),
  }[scope]();
  const status = suspended ? 'suspended' : 'active';
  need(target.suspended !== suspended, 'DUPLICATE', 'id', `${scope} ${id} is ${status} already`);
  return [fact(origin, 0, 'SuspensionChanged', { scope, id, suspended, reason })];
}
