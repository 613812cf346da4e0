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
/** Questions remembered; to ask one again does no harm. */
const KEPT = 4_096;

/** Collects operators' signatures under a digest. Co-signers are asked beside the turns, each once at a time. */
export class Signatures {
  /** When each may be asked again, of each digest; never where it has signed. */
  private readonly askAt = new Map<string, number>();

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
    if (this.askAt.size > KEPT) this.askAt.clear();
    for (const coSigner of this.coSigners) {
      const name = `${coSigner.url} ${round.digest}`;
      if (performance.now() < (this.askAt.get(name) ?? 0)) continue;
      this.askAt.set(name, Infinity);
      void question(coSigner).then((reply) => {
        if (reply.is === 'signed' && members.includes(reply.by.signer)) {
          round.signatures.set(reply.by.signer, reply.by.signature);
          return;
        }
        this.askAt.set(name, performance.now() + PAUSE_MS);
        if (reply.is !== 'signed') this.standing.say(`${what}: ${coSigner.url}: ${reply.reason}`);
      });
    }
  }
}
