import type { Abi, Address, Hash } from 'viem';
import { ChainError } from '../chain/index.js';
import type {
  Block,
  BlockTag,
  ChainPort,
  Log,
  View,
  ViewAnswer,
  ViewName,
} from '../chain/index.js';
import type { Agreement, Disagreed, LeftOut } from './agreement.js';
import type { CircuitPolicy } from './circuit.js';
import { type Answer, Provider, type ProviderHealth } from './provider.js';

export interface QuorumOptions {
  /** EIP-155 id of the chain all providers have to be on. */
  readonly chainId: number;
  readonly providers: readonly ChainPort[];
  /** m: how many have to say the same. More than half, so that two groups never both suffice. */
  readonly agree: number;
  /** Default: left alone for 5 s after 3 failures in a row. */
  readonly circuit?: CircuitPolicy;
  /** Blocks a provider may be behind what m have reached before it counts as lagging. Default 3. */
  readonly maxLag?: bigint;
  /** Milliseconds the rest may still answer in, once enough have. Default 100. */
  readonly graceMs?: number;
  /** Milliseconds of a clock that only goes forward, for the circuit breakers. */
  readonly now?: () => number;
}

/** Heights that at least m providers have reached. */
export type Heights = Readonly<Record<BlockTag, bigint>>;

/** A block named in a way that means the same to every provider: a tag does not. */
export type Fixed = bigint | { readonly blockHash: Hash };

interface Gathered<T> {
  readonly answers: readonly Answer<T>[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Several providers of one chain, of which m have to say the same before money moves on it. One that is on another
 * chain, behind, wrong, silent or broken is left out with a reason, and left alone for a while when it keeps failing;
 * how many have to agree never sinks for it.
 */
export class Quorum {
  readonly chainId: number;
  readonly agree: number;
  private readonly providers: readonly Provider[];
  private readonly maxLag: bigint;
  private readonly graceMs: number;
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(options: QuorumOptions) {
    const { chainId, providers, agree, maxLag = 3n, graceMs = 100 } = options;
    if (agree * 2 <= providers.length || agree > providers.length) {
      const them = `${agree} of ${providers.length} providers`;
      throw new Error(`${them} is no quorum: more than half of those there are have to agree`);
    }
    const policy = options.circuit ?? { failures: 3, restMs: 5_000 };
    const now = options.now ?? ((): number => performance.now());
    this.chainId = chainId;
    this.agree = agree;
    this.maxLag = maxLag;
    this.graceMs = graceMs;
    this.providers = providers.map((port) => new Provider(port, chainId, policy, now));
  }

  /** Heights of the tags. Asks every provider's chain id again, and notes who lags. */
  async heights(): Promise<Agreement<Heights>> {
    for (const provider of this.providers) provider.distrustChain();
    const gathered = await this.gather(async (port) => {
      const [latest, safe, finalized] = await Promise.all([
        heightOf(port, 'latest'),
        heightOf(port, 'safe'),
        heightOf(port, 'finalized'),
      ]);
      return { latest, safe, finalized };
    }, this.areEnough);
    const behind = (is: Heights, reached: Heights): bigint => reached.latest - is.latest;
    return this.reached('heights', gathered, behind, (values) => {
      const of = (tag: BlockTag): bigint => this.mth(values.map((heights) => heights[tag]));
      return { latest: of('latest'), safe: of('safe'), finalized: of('finalized') };
    });
  }

  /** Transactions of an address in blocks, as many as m providers have seen: the next nonce. */
  async transactionCount(address: Address): Promise<Agreement<number>> {
    const gathered = await this.gather((port) => port.transactionCount(address), this.areEnough);
    return this.reached('transaction count', gathered, notBehind, (counts) =>
      Number(this.mth(counts.map(BigInt))),
    );
  }

  /** Wei per gas of the newest block: what m providers say it is at least. */
  async baseFee(): Promise<Agreement<bigint>> {
    const gathered = await this.gather(
      async (port) => (await existing(port, 'latest')).baseFee,
      this.areEnough,
    );
    return this.reached('base fee', gathered, notBehind, (fees) => this.mth(fees));
  }

  async block(at: Fixed): Promise<Agreement<Block>> {
    return this.ask('block', (port) => existing(port, at));
  }

  async read<const A extends Abi, N extends ViewName<A>>(
    view: View<A, N>,
    at: Fixed,
  ): Promise<Agreement<ViewAnswer<A, N>>> {
    return this.ask(String(view.functionName), (port) => port.read(view, at));
  }

  /** Wei. */
  async balance(address: Address, at: Fixed): Promise<Agreement<bigint>> {
    return this.ask('balance', (port) => port.balance(address, at));
  }

  async logs(
    addresses: readonly Address[],
    from: bigint,
    to: bigint,
  ): Promise<Agreement<readonly Log[]>> {
    return this.ask('logs', async (port) => {
      // A node that is behind has no logs of blocks it has not got, which is not the same as there being none.
      await existing(port, to);
      return port.logs(addresses, from, to);
    });
  }

  /**
   * Puts one question to every provider and answers what m of them say. Where m refuse in the same way, as a contract
   * that reverts, the refusal is thrown.
   */
  async ask<T>(what: string, question: (port: ChainPort) => Promise<T>): Promise<Agreement<T>> {
    const { answers, leftOut } = await this.gather(question, this.someAgree);
    const groups = grouped(answers);
    const [agreed = []] = groups;
    const [first] = agreed;
    if (first === undefined || agreed.length < this.agree) {
      return this.disagreed(what, leftOut, groups);
    }
    for (const { provider } of agreed) provider.counted();
    const others = answers
      .filter(({ key }) => key !== first.key)
      .map(({ provider }) => provider.leaveOut('differs', `${what}: the others say otherwise`));
    if ('refusal' in first.value) throw first.value.refusal;
    return {
      kind: 'agreed',
      value: first.value.is,
      by: agreed.map(({ provider }) => provider.name),
      leftOut: [...leftOut, ...others],
    };
  }

  /** The first answer there is, for what moves no money: a receipt to show, an estimate. */
  async any<T>(question: (port: ChainPort) => Promise<T>): Promise<T> {
    let detail = 'every provider is resting';
    for (const provider of this.providers) {
      const answer = await provider.put(question);
      if ('reason' in answer) {
        detail = answer.detail;
        continue;
      }
      if ('refusal' in answer.value) throw answer.value.refusal;
      provider.counted();
      return answer.value.is;
    }
    throw new ChainError('unreachable', detail);
  }

  /** Hands something to every provider; answers what each made of it, in as far as they did while one took it. */
  async each<T>(
    what: (port: ChainPort) => Promise<T>,
  ): Promise<readonly (Answer<T>['value'] | LeftOut)[]> {
    const { answers, leftOut } = await this.gather(what, (so) =>
      so.some(({ value }) => 'is' in value),
    );
    return [...answers.map(({ value }) => value), ...leftOut];
  }

  health(): readonly ProviderHealth[] {
    return this.providers.map((provider) => provider.health());
  }

  /** Resolves when nothing is under way: those that answered too late to count have answered. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.underWay]);
  }

  /** Answers until all are there, or enough and the rest had their time. */
  private async gather<T>(
    question: (port: ChainPort) => Promise<T>,
    enough: (answers: readonly Answer<T>[]) => boolean,
  ): Promise<Gathered<T>> {
    const answers: Answer<T>[] = [];
    const leftOut: LeftOut[] = [];
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const all = this.providers.map(async (provider) => {
          const answer = await provider.put(question);
          if ('reason' in answer) return void leftOut.push(answer);
          answers.push(answer);
          if (enough(answers)) timer ??= setTimeout(resolve, this.graceMs);
        });
        const over = Promise.all(all).then(() => resolve(), reject);
        this.underWay.add(over);
        void over.finally(() => this.underWay.delete(over));
      });
    } finally {
      clearTimeout(timer);
    }
    // In the providers' own order; who answers from here on comes too late.
    const order = ({ provider }: Answer<T>): number => this.providers.indexOf(provider);
    return {
      answers: [...answers].sort((a, b) => order(a) - order(b)),
      leftOut: [...leftOut],
    };
  }

  private readonly areEnough = (answers: readonly Answer<unknown>[]): boolean =>
    answers.length >= this.agree;

  private readonly someAgree = (answers: readonly Answer<unknown>[]): boolean =>
    (grouped(answers)[0]?.length ?? 0) >= this.agree;

  /** The highest value that m of these are not below. */
  private mth(values: readonly bigint[]): bigint {
    const falling = [...values].sort((a, b) => (a > b ? -1 : a < b ? 1 : 0));
    return falling[this.agree - 1] ?? 0n;
  }

  /** What at least m have reached; no two have to be equally far. */
  private reached<T>(
    what: string,
    { answers, leftOut }: Gathered<T>,
    behind: (is: T, reached: T) => bigint,
    of: (values: readonly T[]) => T,
  ): Agreement<T> {
    const known = answers.flatMap(({ provider, value }) =>
      'is' in value ? [{ provider, is: value.is }] : [],
    );
    if (known.length < this.agree) return this.disagreed(what, leftOut, grouped(answers));
    const value = of(known.map(({ is }) => is));
    const lags = ({ is }: { is: T }): boolean => behind(is, value) > this.maxLag;
    const lagging = known.filter(lags).map(({ provider, is }) => {
      const blocks = behind(is, value);
      return provider.leaveOut('lagging', `${what}: ${blocks} behind`);
    });
    const counted = known.filter((each) => !lags(each));
    for (const { provider } of counted) provider.counted();
    return {
      kind: 'agreed',
      value,
      by: counted.map(({ provider }) => provider.name),
      leftOut: [...leftOut, ...lagging],
    };
  }

  private disagreed(
    what: string,
    leftOut: readonly LeftOut[],
    groups: readonly (readonly Answer<unknown>[])[],
  ): Disagreed {
    const names = groups.map((group) => group.map(({ provider }) => provider.name));
    return { kind: 'disagreed', what, needed: this.agree, groups: names, leftOut };
  }
}

async function existing(port: ChainPort, at: Fixed | BlockTag): Promise<Block> {
  const block = await port.block(at);
  if (block === undefined) throw new ChainError('not-found', 'it has no such block');
  return block;
}

const heightOf = async (port: ChainPort, tag: BlockTag): Promise<bigint> =>
  (await existing(port, tag)).number;

/** Of what says nothing of how far a provider is. */
const notBehind = (): bigint => 0n;

/** Equal answers together, the most first. */
function grouped<T>(answers: readonly Answer<T>[]): readonly (readonly Answer<T>[])[] {
  const groups = new Map<string, Answer<T>[]>();
  for (const answer of answers) {
    const group = groups.get(answer.key) ?? [];
    groups.set(answer.key, [...group, answer]);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length);
}
