import type { RailTerms } from '#events';
import type { ExitStanding } from '#ledger';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { type Batch, legToBatch, ZERO_HASH } from '../../batch/index.js';
import { SettlementRefused } from '../../codes.js';
import type { ExitOnChain } from '../../exit/index.js';
import type { Anchor, CreditedDeposit, LegData } from '../../house/index.js';
import type { RailPolicy } from '../checks.js';
import type { CoSignerParts, VerifiedCopy } from '../co-signer.js';
import type {
  ChainView,
  DigestSigner,
  FirstUse,
  HouseView,
  LedgerAt,
  SignedBatch,
  SignedStore,
  VaultDeposit,
} from '../ports.js';
import type { BatchRequest } from '../wire.js';

export const ORIGIN = 'house.test';
export const RAIL = '1/USDT';
export const OTHER = '2/USDT';
/** Block time of the newest block. */
export const NOW = 1_000_000n;
const MEMBER: Hex = `0x${'0a'.repeat(20)}`;

export const policyOf = (rail: string): RailPolicy => ({
  rail,
  chainId: Number(rail.split('/')[0]),
  ledger: `0x${'02'.repeat(20)}`,
  maxGross: 1_000n,
  maxWithdrawal: 100n,
  maxLegsPerHour: 10,
});

const termsOf = (rail: string): RailTerms => ({
  rail,
  chainId: policyOf(rail).chainId,
  asset: 'USDT',
  railScale: 6,
  tokenDecimals: 6,
  token: `0x${'01'.repeat(20)}`,
  ledger: policyOf(rail).ledger,
  vault: `0x${'03'.repeat(20)}`,
  registry: `0x${'04'.repeat(20)}`,
  custodian: 'chain',
  finality: 'finalized',
  treasury: `0x${'05'.repeat(20)}`,
});

/** Leg 1 of the rail: index 16 pays 50 to index 17, which withdraws 20; the house takes or gives `houseDelta`. */
export function legOf(more: Partial<LegData> = {}): LegData {
  const { houseDelta = '0' } = more;
  return {
    cycle: 7,
    rail: RAIL,
    seq: 1,
    leg: 1,
    legs: 1,
    entries: [
      ...(houseDelta === '0' ? [] : ([[0, houseDelta]] as const)),
      [16, '-50'],
      [17, `${50n - BigInt(houseDelta)}`],
    ],
    withdrawals: [{ withdrawalId: 'W', index: 17, to: MEMBER, amount: '20' }],
    houseDelta,
    ...more,
  };
}

export function anchorOf(data: LegData): Anchor {
  const { rail, seq, cycle, leg, legs } = data;
  const root = (byte: string) => byte.repeat(32);
  return {
    rail,
    seq,
    cycle,
    leg,
    legs,
    logSize: 40 + seq,
    logRoot: root('a1'),
    stateRoot: root('b2'),
    balanceRoot: `0x${root('c3')}`,
    data,
  };
}

/** A folded journal with these legs open; accounts 16 and 17 belong to the member. */
export class FakeHouse implements HouseView {
  size = 50;
  legs: LegData[] = [legOf()];
  final = new Map<string, number>();
  railTerms = [termsOf(RAIL), termsOf(OTHER)];
  anchor = (rail: string, seq: number) =>
    this.openLegs().find((a) => a.rail === rail && a.seq === seq);
  finalSeq = (rail: string) => this.final.get(rail) ?? 0;
  lastSeq = () => 1;
  openLegs = () => this.legs.map(anchorOf);
  ownerOf = (_rail: string, index: number) => (index === 16 || index === 17 ? MEMBER : undefined);
  credited = 70n;
  standing: ExitStanding = { is: 'bound', reason: 'MARGIN' };
  creditedOf = () => this.credited;
  exit = () => this.standing;
  rail = (rail: string) => this.railTerms.find((each) => each.rail === rail);
  rails = () => this.railTerms;
}

export class FakeCopy implements VerifiedCopy {
  readonly origin = ORIGIN;
  readonly house = new FakeHouse();
  pending: CreditedDeposit[] = [];
  broken: SettlementRefused | undefined;
  async until(fits: (house: HouseView) => boolean, what: string): Promise<HouseView> {
    if (fits(this.house)) return this.house;
    throw new SettlementRefused('COPY_BEHIND', 'log', what);
  }
  async checkStored(): Promise<void> {
    if (this.broken !== undefined) throw this.broken;
  }
  cutAgo = 0;
  cutAgoMs = () => this.cutAgo;
  deposits(_rail: string, logSize: number) {
    return this.pending.filter(({ position }) => position < logSize);
  }
  depositsChecked(_rail: string, number: number): void {
    this.pending = this.pending.filter((deposit) => deposit.number > number);
  }
}

const at = (more: Partial<LedgerAt>): LedgerAt => ({
  block: 100n,
  time: NOW,
  lastSeq: 0n,
  lastHash: ZERO_HASH,
  epoch: 1n,
  ...more,
});

export class FakeChain implements ChainView {
  newest = at({});
  finality = at({ block: 90n, time: NOW - 100n });
  logs: VaultDeposit[] = [];
  operator = true;
  fails: Error | undefined;
  private answer<T>(value: T): Promise<T> {
    return this.fails === undefined ? Promise.resolve(value) : Promise.reject(this.fails);
  }
  latest = () => this.answer(this.newest);
  final = () => this.answer(this.finality);
  request: ExitOnChain = {
    forcedExit: `0x${'06'.repeat(20)}`,
    number: 3n,
    left: 50n,
  };
  deposited = 70n;
  credited = () => this.answer(this.deposited);
  exit = () => this.answer(this.request);
  isOperator = () => this.answer(this.operator);
  deposits = (from: number, to: number) =>
    this.answer(this.logs.filter(({ block }) => block >= from && block <= to));
}

/** What Postgres keeps, without Postgres. */
export class MemoryStore implements SignedStore {
  readonly standing = new Map<string, SignedBatch>();
  readonly begun = new Map<string, FirstUse>();
  lastHour = 0;
  checked = 0;
  fails: Error | undefined;
  async signed(_at: unknown, seq: bigint) {
    if (this.fails !== undefined) throw this.fails;
    return this.standing.get(String(seq));
  }
  async persist(_at: unknown, { seq, deadline }: Batch['header'], digest: Hex, dead?: Hex) {
    const key = String(seq);
    const stands = this.standing.get(key);
    if (stands !== undefined && stands.digest !== dead) return stands;
    this.standing.set(key, { digest, deadline });
    return this.standing.get(key)!;
  }
  signedLastHour = () => Promise.resolve(this.lastHour);
  firstUse = ({ chainId }: { chainId: number }) => Promise.resolve(this.begun.get(String(chainId)));
  async begin({ chainId }: { chainId: number }, now: FirstUse) {
    const key = String(chainId);
    if (!this.begun.has(key)) this.begun.set(key, now);
    return this.begun.get(key)!;
  }
  depositsChecked = () => Promise.resolve(this.checked);
  async depositChecked(_rail: string, number: number) {
    this.checked = number;
  }
}

const account = privateKeyToAccount(`0x${'42'.repeat(32)}`);
export const signer: DigestSigner = {
  address: account.address.toLowerCase() as Hex,
  sign: (digest) => account.sign({ hash: digest }),
};

/** The request for a leg, as an honest settlement service makes it. */
export function requestFor(
  data: LegData = legOf(),
  more: Partial<Batch['header']> = {},
): BatchRequest {
  const { chainId, ledger } = policyOf(data.rail);
  const anchor = anchorOf(data);
  const { header, payload } = legToBatch(data, {
    chainId,
    ledger,
    origin: ORIGIN,
    prevHash: ZERO_HASH,
    logSize: anchor.logSize,
    logRoot: `0x${anchor.logRoot}`,
    stateRoot: `0x${anchor.stateRoot}`,
    balanceRoot: anchor.balanceRoot,
    epoch: 1n,
    deadline: NOW + 600n,
  });
  return { rail: data.rail, header: { ...header, ...more }, payload };
}

/** A co-signer's parts that all agree, to be bent by a test. */
export function fakeParts() {
  const copy = new FakeCopy();
  const [chain, otherChain] = [new FakeChain(), new FakeChain()];
  const store = new MemoryStore();
  const parts: CoSignerParts = {
    rails: [policyOf(RAIL)],
    chains: new Map([
      [RAIL, chain],
      [OTHER, otherChain],
    ]),
    copy,
    store,
    signer,
    longestDeadline: 900n,
    newKey: true,
  };
  return { copy, house: copy.house, chain, otherChain, store, parts };
}
