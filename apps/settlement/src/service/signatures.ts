import type { Hex } from 'viem';
import type { CoSignerClient, CosignReply } from './co-signers.js';
import type { Standing } from './standing.js';

/** Something that k of n operators have to sign. */
export interface SignedRound {
  readonly digest: Hex;
  /** By signer, lower case. */
  readonly signatures: Map<Hex, Hex>;
}

/** Collects operators' signatures under a digest. Co-signers are asked beside the turns, each once at a time. */
export class Signatures {
  private readonly underWay = new Set<string>();

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
    for (const coSigner of this.coSigners)
      void this.askOne(what, round, members, coSigner, question);
  }

  private async askOne(
    what: string,
    { digest, signatures }: SignedRound,
    members: readonly Hex[],
    coSigner: CoSignerClient,
    question: (coSigner: CoSignerClient) => Promise<CosignReply>,
  ): Promise<void> {
    const name = `${coSigner.url} ${digest}`;
    if (this.underWay.has(name)) return;
    this.underWay.add(name);
    const reply = await question(coSigner);
    this.underWay.delete(name);
    if (reply.is === 'signed' && members.includes(reply.by.signer)) {
      signatures.set(reply.by.signer, reply.by.signature);
    } else if (reply.is !== 'signed') {
      this.standing.say(`${what}: ${coSigner.url}: ${reply.reason}`);
    }
  }
}
