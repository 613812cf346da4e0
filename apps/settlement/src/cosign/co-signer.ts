import type { Hex } from 'viem';
import { batchDigest, legToBatch, openingsDigest } from '../batch/index.js';
import { SettlementRefused } from '../codes.js';
import { answerDigest } from '../exit/index.js';
import { anchored, type CreditedDeposit } from '../house/index.js';
import {
  checkDeadline,
  checkDeposits,
  checkDerived,
  checkExitAnswer,
  checkEpoch,
  checkFirstUse,
  checkGate,
  checkLimits,
  checkMoving,
  checkSequence,
  checkSettled,
  isDead,
  needUnsigned,
  type RailPolicy,
} from './checks.js';
import {
  ChainUnsure,
  type ChainView,
  type DigestSigner,
  type HouseView,
  type LedgerAt,
  type SignedStore,
  StoreUnavailable,
} from './ports.js';
import type { BatchRequest, CosignAnswer, ExitAnswerRequest, OpeningsRequest } from './wire.js';

/** The co-signer's own copy of the house, of which only what a checkpoint holds is shown. */
export interface VerifiedCopy {
  /** The log's name. */
  readonly origin: string;
  /**
   * Waits, not for ever, until what is verified fits. @throws SettlementRefused where it does not in time, or the copy is
   * not what it should be
   */
  until(fits: (house: HouseView) => boolean, what: string): Promise<HouseView>;
  /** Compares what is stored with what was taken. @throws SettlementRefused naming the position */
  checkStored(): Promise<void>;
  /** Milliseconds since it last saw a window cut, or since this process began where it has not. */
  cutAgoMs(): number;
  /** Deposits that were not yet found final on chain, of the first `logSize` events. */
  deposits(rail: string, logSize: number): readonly CreditedDeposit[];
  /** Those up to this number were. */
  depositsChecked(rail: string, number: number): void;
}

export interface CoSignerParts {
  readonly rails: readonly RailPolicy[];
  readonly chains: ReadonlyMap<string, ChainView>;
  readonly copy: VerifiedCopy;
  readonly store: SignedStore;
  readonly signer: DigestSigner;
  /** Seconds a deadline may be ahead of the block time; the contract allows 1,800. */
  readonly longestDeadline: bigint;
  /** Its owner says that the key has never signed. Believed only where nothing was settled yet. */
  readonly newKey: boolean;
  /** Test only: called when a digest is written down and not yet signed. */
  readonly beforeSigning?: () => void;
}

/**
 * Signs what it derived itself and nothing else. It believes nobody: the log is its own copy, the chain what its own
 * providers agree on. A digest is durable before it is signed, so that whatever happens to the process no two batches of
 * one seq that could both settle ever carry its signature.
 */
export class CoSigner {
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(private readonly parts: CoSignerParts) {}

  get address(): Hex {
    return this.parts.signer.address;
  }

  /** Writes down how this database began with each ledger, as far as chains can be asked. To be called at a start. */
  async begin(): Promise<void> {
    for (const policy of this.parts.rails) {
      await refusing(async () => {
        await this.firstUse(policy, await this.chainOf(policy.rail).latest());
      }).catch(() => undefined);
    }
  }

  /** @throws SettlementRefused with the first thing that does not hold */
  async batch(request: BatchRequest): Promise<CosignAnswer> {
    const policy = this.policyOf(request.rail);
    return this.inTurn(request.rail, () => this.signBatch(request, policy));
  }

  /** @throws SettlementRefused with the first thing that does not hold */
  async openings(request: OpeningsRequest): Promise<CosignAnswer> {
    const policy = this.policyOf(request.rail);
    return refusing(() => this.signOpenings(request, policy));
  }

  /** @throws SettlementRefused with the first thing that does not hold */
  async answer(request: ExitAnswerRequest): Promise<CosignAnswer> {
    const policy = this.policyOf(request.rail);
    return refusing(() => this.signAnswer(request, policy));
  }

  private async signBatch(request: BatchRequest, policy: RailPolicy): Promise<CosignAnswer> {
    const { store, copy } = this.parts;
    const { header } = request;
    const digest = batchDigest(header, policy);
    const standing = await store.signed(policy, header.seq);
    // The answer may have been lost; the same signature again gives nothing away.
    if (standing?.digest === digest) return this.sign(digest);
    const logSize = Number(header.logSize);
    const house = await copy.until((own) => own.size >= logSize, `${logSize} events`);
    await copy.checkStored();
    this.derive(request, policy, house);
    const latest = await this.chainOf(policy.rail).latest();
    const final = await this.final(policy.rail, house);
    checkSequence(header, latest);
    checkEpoch(header.epoch, latest, 'header.epoch');
    checkDeadline(header.deadline, latest, this.parts.longestDeadline, 'header.deadline');
    checkFirstUse(await this.firstUse(policy, latest), final);
    await this.confirmDeposits(policy.rail, logSize, final);
    const leg = house.anchor(policy.rail, Number(header.seq))!.data;
    await checkGate(leg, house, async (rail) => (await this.final(rail, house)).lastSeq);
    checkLimits(request.payload, policy, await store.signedLastHour(policy));
    const dead = standing !== undefined && isDead(standing, header.seq, final);
    if (!dead) needUnsigned(standing, header.seq, digest);
    const stands = await store.persist(policy, header, digest, dead ? standing.digest : undefined);
    needUnsigned(stands, header.seq, digest);
    this.parts.beforeSigning?.();
    return this.sign(digest);
  }

  /** The batch as this copy's log has it; what was asked for is the same. */
  private derive(request: BatchRequest, policy: RailPolicy, house: HouseView): void {
    const { rail, header } = request;
    checkContract(policy, house);
    const anchor = house.anchor(rail, Number(header.seq));
    if (anchor === undefined) {
      const isFinal = header.seq <= house.finalSeq(rail);
      const reason = `${header.seq} of ${rail}: ${house.lastSeq(rail)} legs are decided`;
      throw new SettlementRefused(
        isFinal ? 'SEQ_NOT_NEXT' : 'LEG_UNKNOWN',
        'header.seq',
        isFinal ? `leg ${header.seq} of ${rail} is final for long` : reason,
      );
    }
    const derived = legToBatch(anchor.data, {
      chainId: policy.chainId,
      ledger: policy.ledger,
      origin: this.parts.copy.origin,
      prevHash: header.prevHash,
      ...anchored(anchor),
      epoch: header.epoch,
      deadline: header.deadline,
    });
    checkDerived(request, derived);
  }

  private async firstUse(policy: RailPolicy, { lastSeq, time, epoch }: LedgerAt) {
    const { newKey, store, signer } = this.parts;
    const before = await store.firstUse(policy);
    if (before !== undefined) return before;
    const trusted = newKey && lastSeq === 0n;
    const suspect = !trusted && (await this.chainOf(policy.rail).isOperator(epoch, signer.address));
    return store.begin(policy, { lastSeq, time, suspect });
  }

  private async confirmDeposits(rail: string, logSize: number, final: LedgerAt): Promise<void> {
    const { copy, store } = this.parts;
    const checked = await store.depositsChecked(rail);
    const fresh = copy.deposits(rail, logSize).filter(({ number }) => number > checked);
    await checkDeposits(fresh, checked, final, this.chainOf(rail));
    const last = fresh.at(-1)?.number ?? checked;
    if (last > checked) await store.depositChecked(rail, last);
    copy.depositsChecked(rail, last);
  }

  private async signOpenings(request: OpeningsRequest, policy: RailPolicy): Promise<CosignAnswer> {
    const { openings, epoch, deadline, rail } = request;
    const unopened = (house: HouseView) =>
      openings.find(({ index }) => house.ownerOf(rail, index) === undefined);
    const house = await this.parts.copy.until(
      (own) => unopened(own) === undefined,
      `the opening of ${openings.length} accounts of ${rail}`,
    );
    checkContract(policy, house);
    for (const { index, owner } of openings) {
      const own = house.ownerOf(rail, index);
      if (own === owner) continue;
      const reason = `belongs to ${owner}, in the log to ${own}`;
      throw new SettlementRefused('OPENING_DIFFERS', `openings[${index}].owner`, reason);
    }
    const latest = await this.chainOf(rail).latest();
    checkEpoch(epoch, latest, 'epoch');
    checkDeadline(deadline, latest, this.parts.longestDeadline, 'deadline');
    return this.sign(openingsDigest(openings, { epoch, deadline }, policy));
  }

  /**
   * A member is told why it is not paid: only what this copy of the log says too, with every deposit in it that is final. The chain
   * is asked first, so that what is decided on is under a checkpoint when it is decided on.
   */
  private async signAnswer(request: ExitAnswerRequest, policy: RailPolicy): Promise<CosignAnswer> {
    const { rail, index, deadline } = request;
    const { copy, longestDeadline } = this.parts;
    const chain = this.chainOf(rail);
    const known = await copy.until((own) => own.rail(rail) !== undefined, `rail ${rail}`);
    checkContract(policy, known);
    const tag = policy.finality ?? known.rail(rail)?.finality ?? 'finalized';
    const [onChain, credited, latest] = await Promise.all([
      chain.exit(index),
      chain.credited(index, tag),
      chain.latest(),
    ]);
    const house = await copy.until(
      (own) => (own.creditedOf(rail, index) ?? 0n) >= credited,
      `${credited} units deposited for index ${index}`,
    );
    checkMoving(copy.cutAgoMs());
    checkSettled(rail, latest, house);
    checkExitAnswer(request, onChain, house);
    checkDeadline(deadline, latest, longestDeadline, 'deadline');
    const { chainId } = policy;
    return this.sign(answerDigest(request, { chainId, forcedExit: onChain.forcedExit }));
  }

  private async sign(digest: Hex): Promise<CosignAnswer> {
    const { signer } = this.parts;
    try {
      return { signer: signer.address, signature: await signer.sign(digest), digest };
    } catch (error) {
      throw new SettlementRefused('COSIGNER_UNAVAILABLE', 'key', messageOf(error));
    }
  }

  /** What is final on a rail by the rule its owner set, else by the house's. */
  private final(rail: string, house: HouseView): Promise<LedgerAt> {
    const own = this.parts.rails.find((each) => each.rail === rail)?.finality;
    return this.chainOf(rail).final(own ?? house.rail(rail)?.finality ?? 'finalized');
  }

  private policyOf(rail: string): RailPolicy {
    const policy = this.parts.rails.find((each) => each.rail === rail);
    if (policy !== undefined) return policy;
    throw new SettlementRefused('RAIL_NOT_SIGNED', 'rail', `${rail} is not in the configuration`);
  }

  private chainOf(rail: string): ChainView {
    const chain = this.parts.chains.get(rail);
    if (chain !== undefined) return chain;
    throw new SettlementRefused(
      'CHAIN_UNKNOWN',
      'rail',
      `there is no view of the chain of ${rail}`,
    );
  }

  /** One batch of a rail at a time, so that limits count what is under way. */
  private inTurn<T>(rail: string, work: () => Promise<T>): Promise<T> {
    const before = this.turns.get(rail) ?? Promise.resolve();
    const mine = before.then(() => refusing(work));
    this.turns.set(
      rail,
      mine.catch(() => undefined),
    );
    return mine;
  }
}

/** The contract this co-signer signs for is the one the log settles the rail on. */
function checkContract({ rail, chainId, ledger }: RailPolicy, house: HouseView): void {
  const terms = house.rail(rail);
  if (terms?.chainId === chainId && terms.ledger === ledger) return;
  const said = terms === undefined ? 'has no such rail' : `settles it on ${terms.ledger}`;
  throw new SettlementRefused('RAIL_NOT_SIGNED', 'rail', `the log ${said}, not on ${ledger}`);
}

/** What cannot be asked is refused, and said to be worth asking again. */
async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ChainUnsure) {
      throw new SettlementRefused('CHAIN_UNKNOWN', 'chain', error.message);
    }
    if (error instanceof StoreUnavailable) {
      throw new SettlementRefused('COSIGNER_UNAVAILABLE', 'database', error.message);
    }
    throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
