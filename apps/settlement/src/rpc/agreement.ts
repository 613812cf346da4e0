/** Why a provider's answer did not count, in words that stay. */
export type LeftOutReason =
  | 'wrong-chain'
  | 'lagging'
  | 'differs'
  | 'circuit-open'
  | 'timeout'
  | 'unreachable'
  | 'rate-limited'
  | 'server-error'
  | 'malformed'
  | 'refused';

export interface LeftOut {
  readonly provider: string;
  readonly reason: LeftOutReason;
  readonly detail: string;
}

export interface Agreed<T> {
  readonly kind: 'agreed';
  readonly value: T;
  /** Providers that said so, at least m. */
  readonly by: readonly string[];
  /** Of those that had answered by then. */
  readonly leftOut: readonly LeftOut[];
}

/** Fewer than m said the same. Nothing may move on this; ask again later. */
export interface Disagreed {
  readonly kind: 'disagreed';
  readonly what: string;
  readonly needed: number;
  /** Who stood together, largest group first. */
  readonly groups: readonly (readonly string[])[];
  readonly leftOut: readonly LeftOut[];
}

export type Agreement<T> = Agreed<T> | Disagreed;

/** A disagreement where the caller has nothing better to do than to stop this round. */
export class NoAgreement extends Error {
  override readonly name = 'NoAgreement';
  constructor(readonly disagreement: Disagreed) {
    super(describe(disagreement));
  }
}

function describe({ what, needed, groups, leftOut }: Disagreed): string {
  const said = groups.map((group) => group.join('+')).join(' against ') || 'nobody';
  const out = leftOut.map(({ provider, reason }) => `${provider}: ${reason}`).join(', ');
  return `${what}: ${needed} providers have to agree; ${said} answered${out && ` (${out})`}`;
}

/** The agreed value. Throws `NoAgreement` where there is none. */
export function agreedValue<T>(agreement: Agreement<T>): T {
  if (agreement.kind === 'disagreed') throw new NoAgreement(agreement);
  return agreement.value;
}

/** The same value has the same text: bigints by their digits, keys in order. */
export function canonical(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join()}}`;
  }
  return JSON.stringify(value) ?? 'undefined';
}
