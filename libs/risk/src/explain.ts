import type { RequirementPart } from './requirement.js';
import { apportion, roundDown, roundNearest, roundUp } from './rounding.js';

/** A part before it is money: whole units of the numeraire, and the parts that make it up. */
export interface Part {
  readonly name: string;
  readonly value: number;
  readonly weight?: number;
  readonly parts?: readonly Part[];
}

/**
 * The tree of one amount of minor units; children share it out exactly.
 * @param depth levels down to this one's children, each of which may have rounded by a unit
 */
export function explain(part: Part, amount: bigint, scale: number, depth = 1): RequirementPart {
  const node = {
    name: part.name,
    amount,
    ...(part.weight !== undefined && { weight: part.weight }),
  };
  const children = part.parts ?? [];
  if (children.length === 0) return node;
  const shares = apportion(
    amount,
    children.map(({ value }) => value),
    scale,
    depth,
  );
  return {
    ...node,
    parts: children.map((child, i) => explain(child, shares[i] ?? 0n, scale, depth + 1)),
  };
}

/** A requirement's tree: the amount is rounded up, and what that added (0 or 1) is the part `rounding`. */
export function explainMargin(part: Part, scale: number): RequirementPart {
  return rounded(part, roundUp(part.value, scale, part.name), scale);
}

/** Equity's tree: rounded down, `rounding` is 0 or -1. */
export function explainEquity(part: Part, scale: number): RequirementPart {
  return rounded(part, roundDown(part.value, scale, part.name), scale);
}

function rounded(part: Part, amount: bigint, scale: number): RequirementPart {
  const whole = roundNearest(part.value, scale, part.name);
  const { parts = [] } = explain(part, whole, scale);
  return {
    name: part.name,
    amount,
    parts: [...parts, { name: 'rounding', amount: amount - whole }],
  };
}

/** Do the parts of every node sum to it exactly? What a reader of a requirement may check for himself. */
export function sums({ amount, parts }: RequirementPart): boolean {
  if (parts === undefined) return true;
  return parts.reduce((sum, each) => sum + each.amount, 0n) === amount && parts.every(sums);
}
