import type { Address, Hex } from 'viem';
import { ASSET, type ChaosChain, TOKEN_DECIMALS } from './chain.js';
import type { ClearingDoor } from './clearing.js';
import { custodianOf, INSTRUMENT, keyOf, TREASURY, VENUE } from './keys.js';
import type { Random } from './random.js';

/** An account, and its place on the chain it is at home on. */
export interface ChaosAccount {
  readonly account: string;
  readonly member: string;
  readonly chainId: number;
  readonly index: number;
}

const FIRST_INDEX = 16;
/** On every chain, of a member that does not trade and leaves by the contract, again and again. */
const LEAVING_INDEX = 1_000;
const OPENING = 100_000n * 10n ** BigInt(TOKEN_DECIMALS);
const DAY_MICROS = 86_400_000_000;
const MINUTE_MICROS = 60_000_000;

interface Stream {
  last: number;
  count: number;
  total: bigint;
}

/** Feeds the house: reference data, then cycles of trades, a mark and a closing, with money coming and going between. */
export class ChaosFeed {
  readonly accounts: ChaosAccount[] = [];
  /** Cycles sent so far: the last window that the venue closed. */
  window = 0;
  readonly asked = { deposits: 0, withdrawals: 0, refused: 0, frozen: 0, exits: 0 };
  /** Addresses withdrawals go to, by chain. */
  readonly payees = new Map<number, Address[]>();
  private readonly funded = new Set<string>();
  private price = 5_000_000n;
  private readonly streams = { trades: newStream(), marks: newStream() };

  constructor(
    private readonly door: ClearingDoor,
    private readonly chains: readonly ChaosChain[],
    private readonly random: Random,
  ) {}

  async setUp(accounts: number): Promise<void> {
    const operator = keyOf('operator');
    const must = (kind: string, id: string, body: object, key = operator): Promise<void> =>
      this.door.must(kind, `${kind}-${id}`, body, key);
    await must('register-asset', ASSET, { asset: ASSET, scale: 8 });
    const trading = { venue: VENUE, venueKind: 'trading', mode: 'novation' };
    await must('register-venue', VENUE, trading);
    for (const { chainId } of this.chains) {
      const venue = custodianOf(chainId);
      await must('register-venue', venue, { venue, venueKind: 'custodian', mode: 'novation' });
    }
    await must('list-instrument', INSTRUMENT, { spec });
    for (const chain of this.chains) {
      const { rail, chainId, contracts } = chain;
      const terms = {
        ...{ rail, chainId, asset: ASSET, ...contracts, custodian: custodianOf(chainId) },
        ...{ railScale: TOKEN_DECIMALS, tokenDecimals: TOKEN_DECIMALS },
        ...{ finality: 'finalized', treasury: TREASURY },
      };
      await must('propose-rail', rail, terms);
      await must('approve-rail', rail, { rail }, keyOf('risk'));
    }
    for (let n = 0; n < accounts; n += 1) await this.openAccount();
    for (const chain of this.chains) {
      const member = `L${chain.chainId}`;
      await this.open(member, chain, LEAVING_INDEX, leaverOf(chain));
    }
  }

  /** One more member with an account that settles on the chain it is the turn of. */
  async openAccount(): Promise<ChaosAccount> {
    const n = this.accounts.length;
    const member = `M${String(n + 1).padStart(2, '0')}`;
    const chain = this.chains[n % this.chains.length]!;
    const index = FIRST_INDEX + Math.floor(n / this.chains.length);
    const owner = addressOf(0xa0_00 + n);
    const account = await this.open(member, chain, index, owner);
    const opened: ChaosAccount = { account, member, chainId: chain.chainId, index };
    this.accounts.push(opened);
    return opened;
  }

  private async open(
    member: string,
    { rail }: ChaosChain,
    index: number,
    owner: Hex,
  ): Promise<string> {
    const account = `${member}-H`;
    const must = (kind: string, body: object): Promise<void> =>
      this.door.must(kind, `${kind}-${member}`, body, keyOf('operator'));
    await must('register-member', { member, name: member });
    await must('open-account', { account, member, segregation: 'house', margin: 'cross' });
    await must('open-settlement-account', { account, rail, index, owner });
    return account;
  }

  /** Money comes, and is asked back of the contract: some of it before the house has even heard of it. */
  async leave(chain = this.random.pick(this.chains)): Promise<void> {
    await this.bring(chain, LEAVING_INDEX, BigInt(this.random.between(1, 9_000_000)));
    const asked = await chain.requestExit(LEAVING_INDEX, leaverOf(chain)).then(
      () => true,
      () => false,
    );
    if (asked) this.asked.exits += 1;
  }

  /** Rail units that leavers still ask for, by rail; nothing where all were paid. */
  async leaving(): Promise<string[]> {
    const left = await Promise.all(this.chains.map((chain) => chain.exitLeft(LEAVING_INDEX)));
    return this.chains.flatMap(({ rail }, i) => (left[i] === 0n ? [] : [`${rail}: ${left[i]}`]));
  }

  /** The house's guarantee and everybody's collateral, on chain. */
  async fund(): Promise<void> {
    for (const chain of this.chains) await this.bring(chain, 0, OPENING);
    await this.bringNew();
  }

  /** The collateral of those whose accounts have opened on chain since: to trade they need not wait for it. */
  async bringNew(): Promise<void> {
    for (const account of this.accounts) {
      const chain = this.chains.find(({ chainId }) => chainId === account.chainId)!;
      if (this.funded.has(account.account)) continue;
      if (!(await chain.isOpen(account.index).catch(() => false))) continue;
      this.funded.add(account.account);
      await this.bring(chain, account.index, OPENING);
    }
  }

  /** A deposit of some account, whoever's. */
  async deposit(chain = this.random.pick(this.chains)): Promise<void> {
    await this.bring(chain, this.someIndex(chain), BigInt(this.random.between(1, 9_000_000)));
  }

  someIndex(chain: ChaosChain): number {
    const own = this.accounts.filter(
      ({ account, chainId }) => chainId === chain.chainId && this.funded.has(account),
    );
    return this.random.chance(0.1) ? 0 : this.random.pick(own).index;
  }

  /** A member asks for money back; what the house says to it is for the house to say. */
  async withdraw(from?: ChaosChain): Promise<string | undefined> {
    const n = this.asked.withdrawals + 1;
    this.asked.withdrawals = n;
    const own = this.accounts.filter(
      ({ chainId }) => (from ?? this.chains[0])?.chainId === chainId,
    );
    const { account, member, chainId } = this.random.pick(from ? own : this.accounts);
    const to = addressOf(0xb0_00 + n);
    const amount = decimal(BigInt(this.random.between(1, 900_000_000)), TOKEN_DECIMALS);
    const body = { withdrawalId: `W${n}`, account, asset: ASSET, amount, destination: 'x', to };
    const id = `withdrawal-${n}`;
    const { code } = await this.door.command('request-withdrawal', id, body, keyOf(member));
    if (code === undefined) this.payees.set(chainId, [...(this.payees.get(chainId) ?? []), to]);
    else this.asked.refused += 1;
    return code;
  }

  /** Some of what was allotted is claimed. */
  async claim(): Promise<void> {
    for (const chain of this.chains) {
      const to = this.payees.get(chain.chainId)?.[0];
      if (to === undefined) continue;
      const owed = await chain.claimable(to).catch(() => 0n);
      if (owed === 0n) continue;
      this.payees.get(chain.chainId)!.shift();
      await chain.claim(to, owed);
    }
  }

  /** Trades, a mark, and the venue's end of the window. */
  async cycle(): Promise<void> {
    this.window += 1;
    const trades = Array.from({ length: this.random.between(1, 3) }, () => this.trade());
    await this.send('trades', trades);
    const move = BigInt(this.random.between(-400, 400));
    this.price += (this.price * (move === 0n ? 1n : move)) / 20_000n;
    await this.send('marks', [this.mark()]);
    await this.door.inputs('windows', [this.closing()], keyOf(VENUE));
  }

  private trade(): object {
    const buyer = this.random.pick(this.accounts);
    const others = this.accounts.filter(({ account }) => account !== buyer.account);
    const quantity = BigInt(this.random.between(1, 60));
    const { last } = this.streams.trades;
    return this.event('trades', 'novate.trade.v1', quantity, {
      ...{ tradeId: `T${last + 1}`, instrument: INSTRUMENT },
      ...{ buyer: buyer.account, seller: this.random.pick(others).account },
      ...{ quantity: decimal(quantity, 3), price: decimal(this.price, 2) },
      executedAt: this.time(),
    });
  }

  private mark(): object {
    const body = { instrument: INSTRUMENT, price: decimal(this.price, 2), at: this.time() };
    return this.event('marks', 'novate.mark.v1', this.price, body);
  }

  private event(topic: 'trades' | 'marks', type: string, units: bigint, data: object): object {
    const stream = this.streams[topic];
    stream.last += 1;
    stream.count += 1;
    stream.total += units;
    return cloudEvent(topic, INSTRUMENT, type, stream.last, this.window, data);
  }

  private closing(): object {
    const { trades, marks } = this.streams;
    const said = (topic: string, { last, count, total }: Stream, scale: number): object => ({
      ...{ topic, key: INSTRUMENT, lastSequence: last, count },
      controlTotal: decimal(total, scale),
    });
    const streams = [said('trades', trades, 3), said('marks', marks, 2)];
    for (const stream of [trades, marks]) Object.assign(stream, { count: 0, total: 0n });
    const data = { endsAt: this.time() + MINUTE_MICROS, streams };
    const type = 'novate.window-closed.v1';
    return cloudEvent('windows', VENUE, type, this.window, this.window, data);
  }

  private send(topic: string, events: readonly object[]): Promise<void> {
    return this.door.inputs(topic, events, keyOf(VENUE));
  }

  /** The house's clock: a minute a window, from the second day of 1970 on. */
  private time(): number {
    return DAY_MICROS + this.window * MINUTE_MICROS;
  }

  private async bring(chain: ChaosChain, index: number, amount: bigint): Promise<void> {
    this.asked.deposits += 1;
    await chain.deposit(index, amount);
  }
}

const newStream = (): Stream => ({ last: 0, count: 0, total: 0n });

function cloudEvent(
  topic: string,
  subject: string,
  type: string,
  sequence: number,
  window: number,
  data: object,
): object {
  return {
    ...{ specversion: '1.0', id: `${VENUE}/${topic}/${subject}/${sequence}`, source: VENUE, type },
    ...{ subject, sequence, window, datacontenttype: 'application/json', data },
  };
}

const leaverOf = ({ chainId }: ChaosChain): Hex => addressOf(0xd0_00_00 + chainId);

function addressOf(n: number): Hex {
  return `0x${n.toString(16).padStart(40, 'c')}`;
}

/** Digits with a point; no amount here is below zero. */
export function decimal(units: bigint, scale: number): string {
  const digits = String(units).padStart(scale + 1, '0');
  const fraction = digits.slice(-scale).replace(/0+$/, '');
  return digits.slice(0, -scale) + (fraction === '' ? '' : `.${fraction}`);
}

const spec = {
  ...{ instrument: INSTRUMENT, kind: 'perpetual', payoff: 'linear', venues: [VENUE] },
  ...{ settlementAsset: ASSET, priceScale: 2, quantityScale: 3 },
  ...{ contractSize: '1', contractSizeScale: 0, tick: '1', lot: '1', feePpm: 10 },
  ...{ maxOrderQuantity: '100000000', positionLimit: '100000000000' },
  ...{ allowsNegativePrice: false, settlementRule: { kind: 'last', marks: 1 } },
};
