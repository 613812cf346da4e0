import type { EntryValue } from './canonical-entry.js';
import {
  type Account,
  type Asset,
  byCode,
  type CheckpointSigner,
  type Closing,
  type GiveUp,
  type HouseState,
  type Instrument,
  type Mark,
  type Member,
  type Position,
  type SettledPrice,
  type Stream,
  type Venue,
  type Withdrawal,
} from './state.js';

/** What stands in the entry of each thing of the state: everything that is not derived, integers as decimal strings. */
export const valueOf = {
  house: ({ openWindow, waitEnded }: HouseState): EntryValue =>
    waitEnded === undefined ? { openWindow } : { openWindow, waitEnded },
  checkpointKey: ({ keyName, publicKey }: CheckpointSigner): EntryValue => ({ keyName, publicKey }),
  asset: ({ scale }: Asset): EntryValue => ({ scale }),
  member: ({ suspended, indebted, erasure }: Member): EntryValue => ({
    suspended,
    indebted,
    ...(erasure === undefined ? {} : { erasure }),
  }),
  account: (account: Account): EntryValue => ({ ...account }),
  venue: ({ kind, mode, suspended }: Venue): EntryValue => ({ kind, mode, suspended }),
  instrument: ({ spec, suspended, expired }: Instrument): EntryValue => ({
    spec: spec as unknown as EntryValue,
    suspended,
    expired,
  }),
  position: (p: Position): EntryValue => ({
    quantity: `${p.quantity}`,
    cost: `${p.cost}`,
    settledValue: `${p.settledValue}`,
    feeExact: `${p.feeExact}`,
    feeCharged: `${p.feeCharged}`,
    bought: `${p.bought}`,
    sold: `${p.sold}`,
    cutQuantity: `${p.cutQuantity}`,
    deltas: [...p.deltas]
      .sort(([a], [b]) => byCode(a, b))
      .map(([id, units]) => [id, `${units}`] as const),
  }),
  settled: ({ price, cycle, freshCycle, stale }: SettledPrice): EntryValue => ({
    price: `${price}`,
    cycle,
    freshCycle,
    stale,
  }),
  stream: ({ lastSequence, gapAt, windows }: Stream): EntryValue => ({
    lastSequence,
    windows: [...windows]
      .sort(([a], [b]) => a - b)
      .map(([window, { count, total }]) => [window, count, `${total}`] as const),
    ...(gapAt === undefined ? {} : { gapAt }),
  }),
  marks: (marks: readonly Mark[]): EntryValue =>
    marks.map((m) => [m.sequence, `${m.price}`, m.at] as const),
  closing: ({ endsAt, streams }: Closing): EntryValue => ({
    endsAt,
    streams: streams.map((s) => ({ ...s })),
  }),
  giveUp: (giveUp: GiveUp): EntryValue => ({ ...giveUp, terms: { ...giveUp.terms } }),
  withdrawal: ({ reserved, ...w }: Withdrawal): EntryValue => ({
    ...w,
    amount: `${w.amount}`,
    ...(reserved && { reserved: { ...reserved } }),
  }),
};

/** The ids remembered in a window, in order, by the stream they came from: one entry per stream. */
export function rememberedIn(state: HouseState, window: number): Map<string, EntryValue[]> {
  const byStream = new Map<string, EntryValue[]>();
  for (const key of [...(state.rememberedIn.get(window) ?? [])].sort(byCode)) {
    const slash = key.indexOf('/');
    const { digest, busted, carriers } = state.remembered.get(key)!;
    const list = byStream.get(key.slice(0, slash)) ?? [];
    byStream.set(key.slice(0, slash), list);
    const id = key.slice(slash + 1);
    list.push(carriers ? [id, digest, busted, { ...carriers }] : [id, digest, busted]);
  }
  return byStream;
}
