import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '../../../../infra/settings/index.js';
import { readSettlementConfig } from './config.js';

const good = {
  NOVATE_SETTLEMENT_DATABASE_URL: 'postgres://u:p@127.0.0.1/novate',
  NOVATE_CLEARING_URL: 'http://127.0.0.1:8420/',
  NOVATE_KEY_SETTLEMENT: 'settlement-key-0123456789',
  NOVATE_CUSTODY_KEYS: 'chain-1=custody-key-0123456789',
  NOVATE_CHAINS: '[{"chainId":1,"rpc":["https://a.example","https://b.example"],"agree":2}]',
  NOVATE_COSIGNERS: 'https://one.example=co-signer-key-one,https://two.example=co-signer-key-two',
  NOVATE_SUBMITTER_KEYSTORE: '/keys/submitter.json',
  NOVATE_SUBMITTER_PASSWORD: 'word',
};

const problemsOf = (env: Record<string, string | undefined>): readonly string[] => {
  try {
    readSettlementConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

describe('the configuration of settlement', () => {
  it('reads chains, co-signers and keys', () => {
    const config = readSettlementConfig(good);
    expect(config.clearing.url).toBe('http://127.0.0.1:8420');
    expect(config.chains).toEqual([
      { chainId: 1, rpc: ['https://a.example', 'https://b.example'], agree: 2, fromBlock: 0n },
    ]);
    expect(config.coSigners.map(({ url }) => url)).toEqual([
      'https://one.example',
      'https://two.example',
    ]);
    expect(config.custody.get('chain-1')).toBe('custody-key-0123456789');
    expect(config.http).toEqual({ host: '127.0.0.1', port: 8421 });
  });

  it('lists everything that is missing at once', () => {
    const problems = problemsOf({});
    for (const name of ['DATABASE_URL', 'CLEARING_URL', 'CHAINS', 'COSIGNERS', 'KEYSTORE']) {
      expect(problems.filter((problem) => problem.includes(name)).length).toBeGreaterThan(0);
    }
  });

  it.each([
    ['[]', 'is no list of chains'],
    ['[{"rpc":["http://a"]}]', 'without a chainId'],
    ['[{"chainId":1,"rpc":[]}]', 'no rpc addresses'],
    ['[{"chainId":1,"rpc":["http://a","http://b"]}]', 'more than half'],
    ['[{"chainId":1,"rpc":["http://a"]},{"chainId":1,"rpc":["http://a"]}]', 'twice'],
  ])('refuses chains %s', (NOVATE_CHAINS, reason) => {
    expect(problemsOf({ ...good, NOVATE_CHAINS }).join()).toContain(reason);
  });

  it('takes a key from a file or from a signer, not from both', () => {
    const signer = { NOVATE_SUBMITTER_SIGNER_URL: 'https://signer.example' };
    expect(problemsOf({ ...good, ...signer }).join()).toContain('choose one');
    const { NOVATE_SUBMITTER_KEYSTORE: _, ...rest } = good;
    expect(problemsOf({ ...rest, ...signer }).join()).toContain('NOVATE_SUBMITTER_ADDRESS');
    const address = { NOVATE_SUBMITTER_ADDRESS: `0x${'ab'.repeat(20)}` };
    expect(problemsOf({ ...rest, ...signer, ...address })).toEqual([]);
  });
});
