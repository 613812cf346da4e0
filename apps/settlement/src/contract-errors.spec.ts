import { describe, expect, it } from '@jest/globals';
import {
  collateralVaultAbi,
  forcedExitAbi,
  guardianAbi,
  operatorRegistryAbi,
  settlementLedgerAbi,
} from '../../../contracts/index.js';
import { settlementCodes } from './codes.js';
import { codeOfContractError, contractErrors } from './contract-errors.js';

/** OpenZeppelin's, of a domain name too long for its constructor: nobody who calls a contract meets them. */
const AT_DEPLOYMENT = new Set<string>(['InvalidShortString', 'StringTooLong']);

const errors = [
  ...collateralVaultAbi,
  ...forcedExitAbi,
  ...guardianAbi,
  ...operatorRegistryAbi,
  ...settlementLedgerAbi,
].flatMap((item) => (item.type === 'error' && !AT_DEPLOYMENT.has(item.name) ? [item.name] : []));

describe('the errors of the contracts', () => {
  it.each([...new Set(errors)])('%s has a reason code of its own', (name) => {
    expect(codeOfContractError(name)).not.toBe('CONTRACT_REFUSED');
  });

  it('are all there: no code is kept for an error that no contract has', () => {
    expect(
      contractErrors.map(([name]) => name).filter((name) => !new Set<string>(errors).has(name)),
    ).toEqual([]);
  });

  it('that nobody knows have a code too', () => {
    expect(codeOfContractError('Panic')).toBe('CONTRACT_REFUSED');
    expect(codeOfContractError('constructor')).toBe('CONTRACT_REFUSED');
  });

  it('map to codes whose numbers are unique and in their range', () => {
    const numbers = Object.values(settlementCodes).map(([number]) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.filter((number) => number < 8_000 || number > 8_999)).toEqual([]);
  });
});
