import { describe, expect, it } from '@jest/globals';
import { formatVerifierKey, signingKey } from '#events';
import { ConfigError } from '../../../../infra/settings/index.js';
import { readCosignConfig } from './cosign-config.js';

const ledger = `0x${'1e'.repeat(20)}`;
const rail = { rail: '1/USDT', chainId: 1, ledger };
const good = {
  NOVATE_COSIGN_DATABASE_URL: 'postgres://u:p@127.0.0.1/cosign',
  NOVATE_CLEARING_URL: 'http://127.0.0.1:8420',
  NOVATE_COSIGN_FEED_KEY: 'feed-key-0123456789',
  NOVATE_COSIGN_LOG_KEY: formatVerifierKey(signingKey('log.example', '11'.repeat(32)).verifier),
  NOVATE_COSIGN_KEY: 'service-key-0123456789',
  NOVATE_CHAINS: '[{"chainId":1,"rpc":["https://a.example"]}]',
  NOVATE_COSIGN_RAILS: JSON.stringify([{ ...rail, maxGross: '1000', maxLegsPerHour: 100 }]),
  NOVATE_COSIGN_KEYSTORE: '/keys/operator.json',
  NOVATE_COSIGN_PASSWORD: 'word',
};

const problemsOf = (env: Record<string, string | undefined>): string => {
  try {
    readCosignConfig(env);
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join();
    throw error;
  }
};

describe('the configuration of a co-signer', () => {
  it('reads what it signs for, and its limits', () => {
    const config = readCosignConfig(good);
    expect(config.rails).toEqual([
      { ...rail, contracts: {}, maxGross: 1_000n, maxLegsPerHour: 100 },
    ]);
    expect(config.logKey.name).toBe('log.example');
    expect([config.newKey, config.longestDeadline]).toEqual([false, 1_800n]);
    expect(config.http).toEqual({ host: '127.0.0.1', port: 8422 });
  });

  it('lists everything that is missing at once', () => {
    const problems = problemsOf({});
    for (const name of ['DATABASE_URL', 'LOG_KEY', 'COSIGN_RAILS', 'COSIGN_KEYSTORE']) {
      expect(problems).toContain(name);
    }
  });

  it.each([
    [[], 'is no list of rails'],
    [[{ ...rail, chainId: 2 }], 'no rail of chain 2'],
    [[{ ...rail, ledger: '0xAB' }], 'no address of the ledger'],
    [[{ ...rail, vault: '0x' }], 'no address of the vault'],
    [[{ ...rail, finality: 'soon' }], 'a finality'],
    [[{ ...rail, maxGross: 5 }], 'maxGross'],
    [[{ ...rail, maxLegsPerHour: 0.5 }], 'maxLegsPerHour'],
    [[{ ...rail, rail: '7/USDT', chainId: 7 }], 'has no chain 7'],
  ])('refuses rails %j', (rails, reason) => {
    expect(problemsOf({ ...good, NOVATE_COSIGN_RAILS: JSON.stringify(rails) })).toContain(reason);
  });
});
