import type { TradeTerms } from '#events';
import {
  addToSum,
  type Carriers,
  type HouseState,
  type Instrument,
  type Position,
  positionOf,
} from './state.js';
import { exactFee, feeOf, notional } from './value.js';

/** The position of an account, opened empty on first use. */
export function ensurePosition(state: HouseState, account: string, instrument: string): Position {
  const known = positionOf(state, account, instrument);
  if (known !== undefined) return known;
  const position: Position = {
    account,
    instrument,
    quantity: 0n,
    cost: 0n,
    settledValue: 0n,
    feeExact: 0n,
    feeCharged: 0n,
    bought: 0n,
    sold: 0n,
    cutQuantity: 0n,
    deltas: new Map(),
  };
  state.positions.set(`${account}|${instrument}`, position);
  const all = state.positionsOf.get(instrument) ?? new Map<string, Position>();
  all.set(account, position);
  state.positionsOf.set(instrument, all);
  return position;
}

/** Changes a quantity, and its cost where the change happens at a price. Keeps the instrument's running sum. */
export function moveQuantity(
  state: HouseState,
  position: Position,
  quantity: bigint,
  at?: { readonly instrument: Instrument; readonly price: bigint },
): void {
  position.quantity += quantity;
  if (at !== undefined) position.cost += notional(state, at.instrument, quantity, at.price);
  addToSum(state.sums.positions, position.instrument, quantity);
}

/**
 * Two legs against the house: it sells to the buyer and buys from the seller, so it is flat by construction; the
 * members' sum is asserted to be zero after every event.
 */
export function addTrade(state: HouseState, terms: TradeTerms, venue: string): void {
  const instrument = state.instruments.get(terms.instrument)!;
  const quantity = BigInt(terms.quantity);
  const cost = notional(state, instrument, quantity, BigInt(terms.price));
  const fee = feeOf(instrument, cost);
  const buyer = ensurePosition(state, terms.buyer, terms.instrument);
  const seller = ensurePosition(state, terms.seller, terms.instrument);
  moveQuantity(state, buyer, quantity);
  moveQuantity(state, seller, -quantity);
  // A cost is odd in its quantity, so the seller's is the buyer's negated.
  buyer.cost += cost;
  seller.cost -= cost;
  buyer.bought += quantity;
  seller.sold += quantity;
  buyer.feeExact += fee;
  seller.feeExact += fee;
  addDelta(buyer, venue, quantity);
  addDelta(seller, venue, -quantity);
}

/**
 * Undoes a trade at `price`. In the trade's own cycle as if it had not happened, fees included; afterwards as an
 * opposite trade without a fee. A side that was given up is undone where it is carried; its fee was never given up.
 */
export function reverseTrade(
  state: HouseState,
  terms: TradeTerms,
  price: bigint,
  venue: string,
  sameCycle: boolean,
  carriers: Carriers = {},
): void {
  const instrument = state.instruments.get(terms.instrument)!;
  const quantity = BigInt(terms.quantity);
  const buyer = ensurePosition(state, carriers.buyer ?? terms.buyer, terms.instrument);
  const seller = ensurePosition(state, carriers.seller ?? terms.seller, terms.instrument);
  moveQuantity(state, buyer, -quantity, { instrument, price });
  moveQuantity(state, seller, quantity, { instrument, price });
  addDelta(buyer, venue, -quantity);
  addDelta(seller, venue, quantity);
  if (sameCycle) {
    const fee = exactFee(state, instrument, quantity, BigInt(terms.price));
    const [executedBuy, executedSell] = [terms.buyer, terms.seller].map((account) =>
      ensurePosition(state, account, terms.instrument),
    ) as [Position, Position];
    executedBuy.bought -= quantity;
    executedSell.sold -= quantity;
    executedBuy.feeExact -= fee;
    executedSell.feeExact -= fee;
  } else {
    buyer.sold += quantity;
    seller.bought += quantity;
  }
}

function addDelta(position: Position, venue: string, quantity: bigint): void {
  position.deltas.set(venue, (position.deltas.get(venue) ?? 0n) + quantity);
}
