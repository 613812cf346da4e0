import type { Hex } from 'viem';
import {
  type ChainView,
  decide,
  evolve,
  type Finality,
  type Head,
  initialRail,
  type RailEvent,
  type RailInput,
  type RailState,
  type Sealing,
} from '../index.js';

export const hashOf = (name: string): Hex =>
  `0x${Buffer.from(name).toString('hex').padEnd(64, '0')}`;
export const signerOf = (n: number): Hex => `0x${String(n).repeat(40)}`;

/** A sealing of 2 of 3, alive until block time 100 unless told. */
export function sealing(name: string, prev = '', deadline = 100): Sealing {
  const prevHash = hashOf(prev);
  return { digest: hashOf(name), prevHash, deadline, threshold: 2, operators: 3 };
}

export const leg = (seq: number): RailInput => ({ kind: 'leg', seq });
export const sealed = (seq: number, as: Sealing): RailInput => ({
  kind: 'sealed',
  seq,
  sealing: as,
});
export const asked = (seq: number, name: string): RailInput => {
  return { kind: 'asked', seq, digest: hashOf(name) };
};
export const signed = (seq: number, name: string, by: number): RailInput => {
  return { kind: 'signature', seq, digest: hashOf(name), signer: signerOf(by), signature: '0x51' };
};
export const refused = (seq: number, name: string, by: number): RailInput => {
  return { kind: 'refusal', seq, digest: hashOf(name), signer: signerOf(by), code: 'OTHER_ROOT' };
};
export const sent = (seq: number, name: string): RailInput => {
  return { kind: 'attempt', seq, digest: hashOf(name), transaction: hashOf('tx') };
};
/** From due to signed by two. */
export const ready = (seq: number, as: Sealing, name: string): RailInput[] => [
  leg(seq),
  sealed(seq, as),
  signed(seq, name, 1),
  signed(seq, name, 2),
];

/** What a block shows: the batches up to it, by name. */
export function head(block: number, names: readonly string[], time = block): Head {
  const hashes = new Map(names.map((name, i) => [i + 1, hashOf(name)]));
  return { block, blockHash: hashOf(`block ${block}`), time, lastSeq: names.length, hashes };
}

/** A view from latest to finalized; what is left out is like the one before it. */
export function view(latest: Head, safe = head(0, []), finalized = head(0, [])): RailInput {
  const heads: ChainView = { latest, safe, finalized };
  return { kind: 'observed', view: heads };
}

/** The rail after these inputs. */
export function given(inputs: readonly RailInput[], finality: Finality = 'finalized'): RailState {
  return inputs.reduce(
    (rail, input) => decide(rail, input, { finality }).reduce(evolve, rail),
    initialRail,
  );
}

/** What one input more means, as `type` or `type seq`. */
export function when(
  rail: RailState,
  input: RailInput,
  finality: Finality = 'finalized',
): string[] {
  return decide(rail, input, { finality }).map(({ type }: RailEvent) => type);
}

export function statusOf(rail: RailState, seq: number): string | undefined {
  return rail.batches[seq - 1]?.status;
}
