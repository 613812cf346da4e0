import { encodeFunctionData, zeroAddress, type Address } from 'viem';
import { settlementLedgerAbi } from '#contracts';
import { type Opening, openingsDigest } from '../batch/index.js';
import type { Job } from '../lane/index.js';
import type { Blocks, ChainEye, Operators } from './chain-eye.js';
import { Standing } from './standing.js';
import { type CoSignerClient, inRegistryOrder, type OpeningsToSign } from './co-signers.js';
import { Signatures, type SignedRound } from './signatures.js';

/** Accounts the house has opened on a rail: its own index 0 first. */
export interface RailOpenings {
  readonly rail: string;
  readonly chainId: number;
  readonly ledger: Address;
  /** In order of index. */
  readonly wanted: readonly Opening[];
}

/** As many to a transaction as take a third of what one may use. */
const MOST = 100;
const GAS_BASE = 150_000n;
const GAS_EACH = 60_000n;

type Round = OpeningsToSign & SignedRound;

/**
 * Opens on chain what the journal has opened. Nothing is remembered: who owns an index on chain says what is left to do, and
 * signatures are asked for again after a restart.
 */
export class Openings {
  /** Indexes open on a ledger for good: the block is final. */
  private readonly open = new Set<string>();
  private readonly rounds = new Map<string, Round>();
  private readonly standing: Standing;
  private readonly signatures: Signatures;

  constructor(
    private readonly eye: ChainEye,
    coSigners: readonly CoSignerClient[],
    private readonly deadlineSeconds: number,
    log: (line: string) => void,
  ) {
    this.standing = new Standing(log);
    this.signatures = new Signatures(coSigners, this.standing);
  }

  /** @returns the transaction that opens the next accounts of a rail, once it is signed */
  async turn(rail: RailOpenings, blocks: Blocks, operators: Operators): Promise<Job | undefined> {
    const round = await this.round(rail, blocks, operators);
    if (round === undefined) return undefined;
    if (round.signatures.size >= operators.threshold) return jobOf(round, rail.ledger, operators);
    const what = `openings of ${rail.rail}`;
    this.signatures.ask(what, round, operators.members, (each) =>
      each.openings(round, round.digest),
    );
    return undefined;
  }

  /** A chain took back what was final: what is open there has to be looked at again. */
  forget(): void {
    this.open.clear();
  }

  private async round(
    { rail, chainId, ledger, wanted }: RailOpenings,
    { latest, finalized }: Blocks,
    { epoch }: Operators,
  ): Promise<Round | undefined> {
    const missing = wanted.filter(({ index }) => !this.open.has(`${rail} ${index}`)).slice(0, MOST);
    if (missing.length === 0) return undefined;
    const indexes = missing.map(({ index }) => index);
    const owners = await this.eye.owners(ledger, indexes, latest);
    const closed = missing.filter((_, i) => owners[i] === zeroAddress);
    const inBlocks = indexes.filter((_, i) => owners[i] !== zeroAddress);
    const final = await this.eye.owners(ledger, inBlocks, finalized);
    inBlocks.forEach((index, i) => {
      if (final[i] !== zeroAddress) this.open.add(`${rail} ${index}`);
    });
    if (closed.length === 0) return undefined;
    const before = this.rounds.get(rail);
    const same =
      before?.openings.map(({ index }) => index).join() === closed.map((o) => o.index).join();
    if (
      before !== undefined &&
      same &&
      before.epoch === epoch &&
      before.deadline > latest.timestamp
    ) {
      return before;
    }
    const deadline = latest.timestamp + BigInt(this.deadlineSeconds);
    const digest = openingsDigest(closed, { epoch, deadline }, { chainId, ledger });
    const round = { rail, openings: closed, epoch, deadline, digest, signatures: new Map() };
    this.rounds.set(rail, round);
    this.standing.turned();
    return round;
  }
}

function jobOf(round: Round, ledger: Address, { threshold }: Operators): Job {
  const { rail, openings, epoch, deadline, digest } = round;
  const signatures = inRegistryOrder(round.signatures, threshold);
  const args = [openings, epoch, deadline, signatures] as const;
  return {
    id: `${rail}#openings#${digest}`,
    to: ledger,
    data: encodeFunctionData({ abi: settlementLedgerAbi, functionName: 'openAccounts', args }),
    gas: GAS_BASE + GAS_EACH * BigInt(openings.length),
  };
}
