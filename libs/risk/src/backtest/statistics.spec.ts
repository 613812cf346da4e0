import { describe, expect, it } from '@jest/globals';
import { currentKernel } from '../adapters/kernel-files.js';
import { vectors } from '../testing/vectors.js';
import {
  conditionalCoverage,
  independence,
  kupiec,
  kupiecAcceptance,
  trafficLight,
  type Transitions,
  transitionsOf,
} from './statistics.js';

interface Golden {
  readonly kupiec: readonly {
    n: number;
    exceptions: number;
    p: number;
    LR: number;
    pValue: number;
  }[];
  readonly kupiecAcceptance: readonly { n: number; p: number; accept95: [number, number] }[];
  readonly christoffersen: readonly {
    name: string;
    transitions: Transitions;
    LR_ind: number;
    LR_uc?: number;
    LR_cc?: number;
  }[];
}

const golden = vectors<Golden>('backtest-stats');
const kernel = currentKernel();

describe('coverage tests', () => {
  it.each(golden.kupiec)('Kupiec: $exceptions of $n at $p', ({ n, exceptions, p, LR, pValue }) => {
    const found = kupiec(exceptions, n, p, kernel);
    expect(found.ratio).toBeCloseTo(Math.max(LR, 0), 10);
    expect(found.pValue).toBeCloseTo(pValue, 10);
  });

  it('Kupiec of 3 in 250 at 1 % is 0.0949, not the 0.189 one public calculator prints', () => {
    expect(kupiec(3, 250, 0.01, kernel).ratio.toFixed(4)).toBe('0.0949');
  });

  it.each(golden.kupiecAcceptance)('accepts $accept95 of $n at $p', ({ n, p, accept95 }) => {
    expect(kupiecAcceptance(n, p, kernel)).toEqual(accept95);
  });

  it.each(golden.christoffersen)(
    'Christoffersen: $name',
    ({ transitions, LR_ind, LR_uc, LR_cc }) => {
      const independent = independence(transitions, kernel);
      expect(independent.ratio).toBeCloseTo(LR_ind, 10);
      if (LR_uc === undefined || LR_cc === undefined) return;
      const coverage = kupiec(5, 250, 0.01, kernel);
      expect(coverage.ratio).toBeCloseTo(LR_uc, 10);
      expect(conditionalCoverage(coverage, independent, kernel).ratio).toBeCloseTo(LR_cc, 10);
    },
  );

  it('counts transitions from flags', () => {
    const flags = Array.from({ length: 250 }, (_, t) => [20, 21, 22, 100, 200].includes(t));
    expect(transitionsOf(flags)).toEqual(golden.christoffersen[0]?.transitions);
  });

  it('shows Basel’s zones: 250 days at 99 %', () => {
    const lights = Array.from({ length: 12 }, (_, x) => trafficLight(x, 250, 0.01, kernel));
    expect(lights).toEqual([
      ...Array<string>(5).fill('green'),
      ...Array<string>(5).fill('yellow'),
      ...Array<string>(2).fill('red'),
    ]);
  });
});
