import { ChainError, type ChainErrorKind, type ChainPort } from '../chain/index.js';
import { canonical, type LeftOut, type LeftOutReason } from './agreement.js';
import { Circuit, type CircuitPolicy } from './circuit.js';

/** What a provider said. A refusal every node would give, such as a revert, is an answer like another. */
export interface Answer<T> {
  readonly provider: Provider;
  /** Equal for equal answers. */
  readonly key: string;
  readonly value: { readonly is: T } | { readonly refusal: ChainError };
}

/** How a provider is doing. */
export interface ProviderHealth {
  readonly provider: string;
  /** Whether it is asked at all, or left alone for a while. */
  readonly asked: boolean;
  /** Why its last answer did not count. */
  readonly leftOut?: LeftOut;
  /** Answers that did not count so far, by reason. */
  readonly times: Readonly<Partial<Record<LeftOutReason, number>>>;
}

/** Refusals that say something of the chain and nothing of the node. */
const ANSWERS: ReadonlySet<ChainErrorKind> = new Set<ChainErrorKind>([
  'reverted',
  'already-known',
  'nonce-too-low',
  'underpriced',
  'insufficient-funds',
]);

function reasonOf({ kind }: ChainError): LeftOutReason {
  switch (kind) {
    case 'timeout':
    case 'unreachable':
    case 'rate-limited':
    case 'server-error':
    case 'malformed':
      return kind;
    case 'not-found':
      return 'lagging';
    default:
      return 'refused';
  }
}

/** One provider of a quorum: asked unless it is resting, and only while it is on the right chain. */
export class Provider {
  private readonly circuit: Circuit;
  private readonly times: Partial<Record<LeftOutReason, number>> = {};
  private last: LeftOut | undefined;
  private onChain = false;

  constructor(
    readonly port: ChainPort,
    private readonly chainId: number,
    policy: CircuitPolicy,
    now: () => number,
  ) {
    this.circuit = new Circuit(policy, now);
  }

  get name(): string {
    return this.port.name;
  }

  /** The next question asks for the chain id first: behind one address nodes come and go. */
  distrustChain(): void {
    this.onChain = false;
  }

  async put<T>(question: (port: ChainPort) => Promise<T>): Promise<Answer<T> | LeftOut> {
    if (!this.circuit.closed) {
      const detail = this.last === undefined ? 'resting' : `resting after ${this.last.reason}`;
      return { provider: this.name, reason: 'circuit-open', detail };
    }
    try {
      if (!this.onChain) {
        const other = await this.otherChain();
        if (other !== undefined) return this.leaveOut('wrong-chain', `it is on chain ${other}`);
      }
      const is = await question(this.port);
      return { provider: this, key: canonical(is), value: { is } };
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      if (!ANSWERS.has(error.kind)) {
        // A block behind, as one of them always is.
        return this.leaveOut(reasonOf(error), error.message, error.kind !== 'not-found');
      }
      const key = `${error.kind} ${error.revert?.data ?? ''}`;
      return { provider: this, key, value: { refusal: error } };
    }
  }

  /** Its answer did not count. Where that is no fault of its own, it does not bring a rest nearer. */
  leaveOut(reason: LeftOutReason, detail: string, isFault = true): LeftOut {
    if (isFault) this.circuit.failed();
    this.times[reason] = (this.times[reason] ?? 0) + 1;
    this.last = { provider: this.name, reason, detail };
    return this.last;
  }

  /** Its answer counted. */
  counted(): void {
    this.circuit.succeeded();
    this.last = undefined;
  }

  health(): ProviderHealth {
    return {
      provider: this.name,
      asked: this.circuit.closed,
      times: { ...this.times },
      ...(this.last === undefined ? {} : { leftOut: this.last }),
    };
  }

  private async otherChain(): Promise<number | undefined> {
    const id = await this.port.chainId();
    this.onChain = id === this.chainId;
    return this.onChain ? undefined : id;
  }
}
