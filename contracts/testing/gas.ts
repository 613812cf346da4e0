import { concatHex, type Hex, keccak256, numberToHex, pad } from 'viem';
import { ChainHouse, ownerOf } from './house.js';

/** Accounts of the measured batches, all members. */
export const ACCOUNTS = 200;
const FIRST = 16;

/** A chain whose clock does not depend on ours: a deadline is calldata, and its zero bytes are cheaper. */
export const MEASURED_CHAIN = { chainId: 31337, args: ['--timestamp', '1900000000'] } as const;

/** Gas used by whole transactions, base fee of 21,000 and calldata included; three signatures where any are needed. */
export interface GasFigures {
  /** ERC-20 transfer to an existing holder. */
  readonly erc20Transfer: number;
  /** A batch that moves nothing. */
  readonly anchorOnly: number;
  /** A batch of 200 accounts that no batch has touched before. */
  readonly firstBatch: number;
  /** A batch of 200 accounts that a batch has touched before. */
  readonly warmBatch: number;
  readonly warmPerAccount: number;
  /** warmPerAccount over erc20Transfer. */
  readonly warmPerTransfer: number;
  /** Opening 200 accounts, each. */
  readonly openingPerAccount: number;
  readonly firstDeposit: number;
  readonly nextDeposit: number;
  /** A batch that moves nothing but one withdrawal. */
  readonly withdrawalBatch: number;
  readonly claim: number;
  readonly requestExit: number;
  readonly freeze: number;
  readonly escape: number;
}

/** Deltas of the size variation margin has, 1 to 10^10 units, that sum to zero; the same in every run. */
export function deltasOf(count: number, salt: number): (readonly [index: number, delta: bigint])[] {
  const draws = Array.from({ length: count }, (_, i) => draw(i, salt));
  const sum = draws.reduce((total, each) => total + each, 0n);
  draws[count - 1] = draws[count - 1]! - sum;
  return draws.map((delta, i) => [FIRST + i, delta] as const);
}

function draw(i: number, salt: number): bigint {
  const word = BigInt(
    keccak256(concatHex([numberToHex(i, { size: 4 }), numberToHex(salt, { size: 4 })])),
  );
  const size = 1n + ((word >> 8n) % 10_000_000_000n);
  return (word & 1n) === 0n ? size : -size;
}

const gasOf = ({ gasUsed }: { readonly gasUsed: bigint }): number => Number(gasUsed);

/** Opens accounts, as many to a transaction as fit. */
export async function openMembers(house: ChainHouse, count: number): Promise<number> {
  const STEP = 200;
  let gas = 0;
  for (let done = 0; done < count; done += STEP) {
    const length = Math.min(STEP, count - done);
    gas += gasOf(await house.open(Array.from({ length }, (_, i) => FIRST + done + i)));
  }
  return gas;
}

/** A house with its members open and the money on the house's account; gives what the openings and the deposit cost. */
export async function fundedHouse(url: string, members: number) {
  const house = await ChainHouse.open(url);
  await house.mint(house.self, 10n ** 18n);
  await house.approve();
  await house.open([0]);
  const opening = await openMembers(house, members);
  const firstDeposit = gasOf(await house.deposit(0, 10n ** 17n));
  return { house, opening, firstDeposit };
}

/** The house gives every member the same, so that all can lose. */
export async function endow(house: ChainHouse, members: number, first = FIRST): Promise<number> {
  const each = 10n ** 13n;
  const entries = Array.from({ length: members }, (_, i) => [first + i, each] as const);
  return gasOf(await house.settle({ entries: [[0, -each * BigInt(members)], ...entries] }));
}

/** The fixed scenario, on a fresh local chain. */
export async function measureGas(url: string): Promise<GasFigures> {
  const { house, opening, firstDeposit } = await fundedHouse(url, ACCOUNTS);
  await house.transfer(ownerOf(1), 1_000_000n);
  const erc20Transfer = gasOf(await house.transfer(ownerOf(1), 123_456_789n));
  const nextDeposit = gasOf(await house.deposit(0, 123_456_789n));
  const firstBatch = await endow(house, ACCOUNTS);
  const warmBatch = gasOf(await house.settle({ entries: deltasOf(ACCOUNTS, 1) }));
  const anchorOnly = gasOf(await house.settle({ entries: [] }));
  const to = ownerOf(2);
  const withdrawals = [[FIRST, to, 1_000_000n]] as const;
  const withdrawalBatch = gasOf(await house.settle({ entries: [], withdrawals }));
  const claim = gasOf(await house.claim(to, 1_000_000n));
  const exit = await measureExit(house);
  const warmPerAccount = Math.round(warmBatch / ACCOUNTS);
  return {
    ...{ erc20Transfer, anchorOnly, firstBatch, warmBatch, warmPerAccount },
    warmPerTransfer: Number((warmBatch / ACCOUNTS / erc20Transfer).toFixed(4)),
    openingPerAccount: Math.round(opening / ACCOUNTS),
    ...{ firstDeposit, nextDeposit, withdrawalBatch, claim, ...exit },
  };
}

/** Most gas one transaction may use, EIP-7825. */
export const TRANSACTION_GAS = 2 ** 24;

/** The largest warm batch one transaction can carry, by doing it: accounts, and the gas it used. */
export async function largestBatch(
  url: string,
): Promise<{ readonly accounts: number; readonly gas: number }> {
  const MEMBERS = 6_400;
  const { house } = await fundedHouse(url, MEMBERS);
  for (let done = 0; done < MEMBERS; done += 1_600) await endow(house, 1_600, FIRST + done);
  const gasFor = async (accounts: number): Promise<number> =>
    gasOf(await house.settle({ entries: deltasOf(accounts, accounts) }, BigInt(TRANSACTION_GAS)));
  const [few, many] = [await gasFor(1_000), await gasFor(5_000)];
  const each = (many - few) / 4_000;
  // Memory costs a little more than its size: a quarter of a percent below the straight line.
  const fits = many + 0.9975 * (TRANSACTION_GAS - many);
  const accounts = Math.min(MEMBERS, Math.floor(5_000 + (fits - many) / each));
  return { accounts, gas: await gasFor(accounts) };
}

/** Warm batches of 200 accounts with three signatures, one to a block, signed beforehand: how many the node takes a second. */
export async function batchesPerSecond(url: string, count: number): Promise<number> {
  const { house } = await fundedHouse(url, ACCOUNTS);
  await endow(house, ACCOUNTS);
  const raw: Hex[] = [];
  for (let i = 0; i < count; i += 1) {
    raw.push(await house.sealAndSign({ entries: deltasOf(ACCOUNTS, i) }, i));
  }
  const start = process.hrtime.bigint();
  await house.sendAll(raw);
  return (count * 1e9) / Number(process.hrtime.bigint() - start);
}

/** An account of the sender's own, alone in a tree, leaves. */
async function measureExit(house: ChainHouse) {
  const index = 1_000;
  const amount = 5_000_000n;
  await house.open([index], () => house.self);
  await house.deposit(index, amount);
  const { root, proof } = loneLeaf(index, house.self, amount);
  await house.settle({ entries: [], balanceRoot: root });
  const requestExit = gasOf(await house.requestExit(index));
  await house.passTime(8 * 86_400);
  const freeze = gasOf(await house.freeze(index));
  const escape = gasOf(await house.escape(index, amount, amount, proof));
  return { requestExit, freeze, escape };
}

function loneLeaf(index: number, owner: Hex, amount: bigint): { root: Hex; proof: Hex[] } {
  const units = numberToHex(amount, { size: 16 });
  let root = keccak256(concatHex(['0x00', numberToHex(index, { size: 4 }), owner, units, units]));
  let empty = pad('0x', { size: 32 });
  const proof: Hex[] = [];
  for (let level = 0; level < 20; level += 1) {
    proof.push(empty);
    const pair: Hex[] = (index >>> level) % 2 === 0 ? [root, empty] : [empty, root];
    root = keccak256(concatHex(['0x01', ...pair]));
    empty = keccak256(concatHex(['0x01', empty, empty]));
  }
  return { root, proof };
}
