import { isAddressEqual, type Hex, recoverAddress } from 'viem';
import type { Opening } from '../batch/index.js';
import type { ExitAnswer } from '../exit/index.js';
import { headerJson } from '../cosign/wire.js';
import type { SealedBatch } from './rail-store.js';

export interface CoSignerPlace {
  readonly url: string;
  readonly key: string;
}

export interface Signed {
  readonly signer: Hex;
  readonly signature: Hex;
}

/** What a co-signer answered. `later`: it could not say, or not yet; asking again may help. */
export type CosignReply =
  | { readonly is: 'signed'; readonly by: Signed }
  | { readonly is: 'refused'; readonly signer: Hex; readonly code: string; readonly reason: string }
  | { readonly is: 'later'; readonly reason: string };

/** An opening of settlement accounts, to be signed. */
export interface OpeningsToSign {
  readonly rail: string;
  readonly openings: readonly Opening[];
  readonly epoch: bigint;
  readonly deadline: bigint;
}

const TIMEOUT_MS = 20_000;
const REFUSED = 422;

/** One co-signer over HTTP. What it signs is checked here too: a bad signature would cost a reverted transaction. */
export class CoSignerClient {
  constructor(
    private readonly place: CoSignerPlace,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  get url(): string {
    return this.place.url;
  }

  batch(rail: string, { header, payload, digest }: SealedBatch): Promise<CosignReply> {
    const body = { rail, header: headerJson(header), payload: hex(payload) };
    return this.ask('/v1/cosign/batch', body, digest);
  }

  openings({ rail, openings, epoch, deadline }: OpeningsToSign, digest: Hex): Promise<CosignReply> {
    const body = { rail, openings, epoch: String(epoch), deadline: String(deadline) };
    return this.ask('/v1/cosign/openings', body, digest);
  }

  answer(
    rail: string,
    { number, index, reason, deadline }: ExitAnswer,
    digest: Hex,
  ): Promise<CosignReply> {
    const body = { rail, number: String(number), index, reason, deadline: String(deadline) };
    return this.ask('/v1/cosign/answer', body, digest);
  }

  private async ask(path: string, body: object, digest: Hex): Promise<CosignReply> {
    try {
      const response = await fetch(this.place.url + path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.place.key}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(this.timeoutMs),
      });
      const answer = (await response.json()) as Record<string, unknown>;
      return response.ok ? await signed(answer, digest) : refused(response.status, answer);
    } catch (error) {
      return { is: 'later', reason: error instanceof Error ? error.message : String(error) };
    }
  }
}

async function signed(answer: Record<string, unknown>, digest: Hex): Promise<CosignReply> {
  const { signer, signature } = answer as { readonly signer: Hex; readonly signature: Hex };
  const by = await recoverAddress({ hash: digest, signature });
  if (!isAddressEqual(by, signer))
    return { is: 'later', reason: 'the signature is of another key' };
  return { is: 'signed', by: { signer: by.toLowerCase() as Hex, signature } };
}

/** Only a co-signer that derives something else has refused; one that lags, is busy or cannot see the chain is asked again. */
function refused(status: number, answer: Record<string, unknown>): CosignReply {
  const { code, detail, signer } = answer as Partial<Record<'code' | 'detail' | 'signer', string>>;
  const reason = [code, detail].filter(Boolean).join(': ') || `HTTP ${status}`;
  if (status !== REFUSED || code === undefined || signer === undefined) {
    return { is: 'later', reason };
  }
  return { is: 'refused', signer: signer as Hex, code, reason };
}

const hex = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`;

/** As the registry wants them: strictly ascending by signer, as many as are needed. */
export function inRegistryOrder(
  signatures: ReadonlyMap<Hex, Hex>,
  threshold: number,
): { signer: Hex; data: Hex }[] {
  return [...signatures]
    .map(([signer, data]) => ({ signer, data }))
    .sort((a, b) => (BigInt(a.signer) < BigInt(b.signer) ? -1 : 1))
    .slice(0, threshold);
}
