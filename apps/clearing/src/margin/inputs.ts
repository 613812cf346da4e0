import { byCodeUnits } from '#risk';
import type { AssetMark, Book, Mark, RiskInstrument, Underlying } from '#risk';
import type { HouseMarket } from './market.js';

/**
 * Everything one requirement was computed from, beside the model and its scenarios: JSON, so that it is kept with the requirement and
 * whoever reads it can compute it again. Quantities are minor units as text.
 */
export interface MarginInputs {
  readonly account: string;
  readonly markSetId: string;
  readonly time: number;
  readonly numeraire: { readonly asset: string; readonly scale: number };
  readonly positions: readonly {
    readonly instrument: string;
    readonly quantity: string;
    readonly quantityScale: number;
  }[];
  readonly collateral: readonly {
    readonly asset: string;
    readonly quantity: string;
    readonly quantityScale: number;
  }[];
  readonly instruments: readonly RiskInstrument[];
  readonly marks: Readonly<Record<string, Mark>>;
  readonly underlyings: Readonly<Record<string, Underlying>>;
  readonly assets: Readonly<Record<string, AssetMark>>;
  /** Why something in it is assumed, by instrument or asset. */
  readonly assumed: Readonly<Record<string, string>>;
}

/** The part of the market that one book touches. */
export function inputsOf(market: HouseMarket, book: Book): MarginInputs {
  const ids = book.positions.map(({ instrument }) => instrument);
  const instruments = ids.map((id) => market.instruments.get(id)!);
  const quotes = instruments.map(({ quote }) => quote);
  const held = book.collateral.map(({ asset }) => asset);
  const factors = instruments.map(({ underlying }) => underlying);
  const assets = pick(market.assets, [...held, ...quotes]);
  for (const { factor } of Object.values(assets)) if (factor !== undefined) factors.push(factor);
  return {
    ...{ account: book.account, markSetId: market.markSetId },
    ...{ time: market.time, numeraire: market.numeraire },
    positions: book.positions.map((p) => ({ ...p, quantity: `${p.quantity}` })),
    collateral: book.collateral.map((h) => ({ ...h, quantity: `${h.quantity}` })),
    instruments,
    marks: pick(market.marks, ids),
    underlyings: pick(market.underlyings, factors),
    assets,
    assumed: pick(market.assumed, [...ids, ...held, ...quotes]),
  };
}

function pick<V>(from: ReadonlyMap<string, V>, ids: readonly string[]): Record<string, V> {
  const wanted = [...new Set(ids)].sort(byCodeUnits).flatMap((id) => {
    const value = from.get(id);
    return value === undefined ? [] : [[id, value] as const];
  });
  return Object.fromEntries(wanted);
}

export function marketOfInputs(inputs: MarginInputs): HouseMarket {
  const { markSetId, time, numeraire, instruments, marks, underlyings, assets, assumed } = inputs;
  return {
    ...{ markSetId, time, numeraire },
    instruments: new Map(instruments.map((each) => [each.id, each])),
    marks: new Map(Object.entries(marks)),
    underlyings: new Map(Object.entries(underlyings)),
    assets: new Map(Object.entries(assets)),
    pegs: new Map(),
    assumed: new Map(Object.entries(assumed)),
  };
}

export function bookOfInputs({ account, positions, collateral }: MarginInputs): Book {
  const exact = <T extends { readonly quantity: string }>(each: T) => ({
    ...each,
    quantity: BigInt(each.quantity),
  });
  return { account, positions: positions.map(exact), collateral: collateral.map(exact) };
}
