import type { Hex } from 'viem';
import type { CoSignerClient, CosignReply } from './co-signers.js';
import type { Standing } from './standing.js';

/** Something that k of n operators have to sign. */
export interface SignedRound {
  readonly digest: Hex;
  /** By signer, lower case. */
  readonly signatures: Map<Hex, Hex>;
}

/** How long a co-signer that did not sign is left alone, milliseconds. */
const PAUSE_MS = 2_000;

/** Collects operators' signatures under a digest. Co-signers are asked beside the turns, each once at a time. */
export class Signatures {
  /** When each co-signer may be asked again in a round, by its address; never where it has signed. */
  private readonly askAt = new WeakMap<SignedRound, Map<string, number>>();

  constructor(
    private readonly coSigners: readonly CoSignerClient[],
    private readonly standing: Standing,
  ) {}

  /** @param what in words, for who does not sign it */
  ask(
    what: string,
    round: SignedRound,
    members: readonly Hex[],
    question: (coSigner: CoSignerClient) => Promise<CosignReply>,
  ): void {
    const askAt = this.askAt.get(round) ?? new Map<string, number>();
    this.askAt.set(round, askAt);
    for (const coSigner of this.coSigners) {
      const { url } = coSigner;
      if (performance.now() < (askAt.get(url) ?? 0)) continue;
      askAt.set(url, Infinity);
      void question(coSigner).then((reply) => {
        if (reply.is === 'signed' && members.includes(reply.by.signer)) {
          round.signatures.set(reply.by.signer, reply.by.signature);
          return;
        }
        askAt.set(url, performance.now() + PAUSE_MS);
        if (reply.is !== 'signed') this.standing.say(`${what}: ${url}: ${reply.reason}`);
      });
    }
  }
}
