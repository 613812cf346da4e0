import type { StreamTopic } from '#events';
import { formatDecimal, type SourceStanding } from '#ledger';

/** A deposit that is final on its chain. */
export interface FinalDeposit {
  readonly rail: string;
  /** The vault's own count of the token's deposits, from 1. */
  readonly number: number;
  readonly index: number;
  /** Rail units. */
  readonly amount: bigint;
  readonly transaction: string;
  readonly block: number;
  readonly blockHash: string;
  /** Seconds since 1970. */
  readonly blockTime: number;
  readonly logIndex: number;
}

/** One rail as the custodian of its chain sees it. */
export interface CustodianRail {
  readonly rail: string;
  readonly asset: string;
  readonly assetScale: number;
  readonly railScale: number;
  /** The account at an index; undefined where the house has none there. */
  accountAt(index: number): string | undefined;
}

/** An input for the clearing app's HTTP intake: a CloudEvent in structured mode. */
export interface CustodianInput {
  readonly topic: 'deposits' | 'windows';
  readonly event: {
    readonly id: string;
    readonly source: string;
    readonly subject: string;
    readonly sequence: number;
    readonly window: number;
    readonly data: object;
  };
}

const MICROS = 1_000_000;

/**
 * What the watcher of one chain has to tell the house, next: the deposits it has not recorded yet, in order, and then the end of its
 * part of the window once a trading venue has ended its own. Pure: it looks at what the house says it has of it, so it gives the
 * same answer after a crash as before it, and telling the house twice does nothing.
 */
export class Custodian {
  constructor(
    readonly id: string,
    private readonly rails: readonly CustodianRail[],
  ) {}

  /** Final deposits the house has not recorded. */
  due(standing: SourceStanding, final: readonly FinalDeposit[]): FinalDeposit[] {
    return this.rails.flatMap(({ rail, asset }) => {
      const recorded = lastSequence(standing, 'deposits', asset);
      return final.filter((each) => each.rail === rail && each.number > recorded);
    });
  }

  /**
   * What is to be said of those that are due, each rail's in order of number, as far as it may be said now.
   * @param waits whether the deposit to an index without an account is kept back: it may only not have been read yet
   */
  deposits(
    due: readonly FinalDeposit[],
    { window }: SourceStanding,
    waits: (deposit: FinalDeposit) => boolean = () => false,
  ): CustodianInput[] {
    return this.rails.flatMap(({ rail, asset, railScale, accountAt }) => {
      const inputs: CustodianInput[] = [];
      for (const deposit of due.filter((each) => each.rail === rail)) {
        const account = deposit.index === 0 ? 'guarantee' : accountAt(deposit.index);
        if (account === undefined && waits(deposit)) break;
        const { number, transaction, block, blockHash, logIndex } = deposit;
        const data = {
          depositId: `${rail}#${number}`,
          // An index the house does not know is refused there, with its evidence, and the stream goes on.
          account: account ?? `unknown-index-${deposit.index}`,
          asset,
          amount: formatDecimal(deposit.amount, railScale),
          at: deposit.blockTime * MICROS,
          chain: { rail, number, transaction, block, blockHash, logIndex },
        };
        inputs.push(this.input('deposits', 'novate.deposit.v1', asset, number, window, data));
      }
      return inputs;
    });
  }

  /** The end of this custodian's part of its window, once a trading venue has ended its own; to be sent behind the deposits. */
  closing(standing: SourceStanding): CustodianInput | undefined {
    const { window, ends } = standing;
    if (ends.length === 0) return undefined;
    const streams = this.rails.flatMap(({ asset, assetScale }) => {
      const stream = streamOf(standing, 'deposits', asset);
      if (stream === undefined) return [];
      const { lastSequence: last, count, total } = stream;
      const controlTotal = formatDecimal(BigInt(total), assetScale);
      return [{ topic: 'deposits', key: asset, lastSequence: last, count, controlTotal }];
    });
    const sequence = lastSequence(standing, 'windows', this.id) + 1;
    const body = { endsAt: Math.min(...ends), streams };
    return this.input('windows', 'novate.window-closed.v1', this.id, sequence, window, body);
  }

  private input(
    topic: CustodianInput['topic'],
    type: string,
    key: string,
    sequence: number,
    window: number,
    data: object,
  ): CustodianInput {
    const event = {
      specversion: '1.0',
      id: `${this.id}/${topic}/${key}/${sequence}`,
      source: this.id,
      type,
      subject: key,
      sequence,
      window,
      datacontenttype: 'application/json',
      data,
    };
    return { topic, event };
  }
}

const streamOf = ({ streams }: SourceStanding, topic: StreamTopic, key: string) =>
  streams.find((each) => each.topic === topic && each.key === key);

const lastSequence = (standing: SourceStanding, topic: StreamTopic, key: string): number =>
  streamOf(standing, topic, key)?.lastSequence ?? 0;
