import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { describeIf } from '../test/support/services.js';
import { artifact } from './index.js';
import { forgeBinary, type ForgeTest, runForge } from './testing/forge.js';

const NAMES = [
  'OperatorRegistry',
  'Guardian',
  'CollateralVault',
  'SettlementLedger',
  'ForcedExit',
  'TestToken',
] as const;
const forge = forgeBinary();

/** The Solidity tests run once, before the specs below are named after them. */
async function outcome(): Promise<readonly ForgeTest[] | Error> {
  if ('missing' in forge) return [];
  return await runForge(forge.command).catch((error: Error) => error);
}

const tests = await outcome();

describeIf('command' in forge, 'missing' in forge ? forge.missing : '', 'Solidity tests', () => {
  it('ran, every suite of them', () => {
    if (tests instanceof Error) throw tests;
    expect([...new Set(tests.map(({ suite }) => suite))].toSorted()).toEqual([
      ...['ExitTest', 'GovernanceTest', 'HostileTest', 'InvariantsTest', 'SettleTest', 'VaultTest'],
      'VectorsTest',
    ]);
  });

  it.each(NAMES)('tested the %s whose bytecode is committed', (name) => {
    const out = new URL(`../.novate/forge/out/${name}.sol/${name}.json`, import.meta.url);
    const compiled = JSON.parse(readFileSync(out, 'utf8')) as { bytecode: { object: string } };
    expect(compiled.bytecode.object === artifact(name).bytecode).toBe(true);
  });

  if (tests instanceof Error) return;
  for (const suite of new Set(tests.map((test) => test.suite))) {
    describe(suite, () => {
      for (const { name, failure } of tests.filter((test) => test.suite === suite)) {
        it(name, () => expect(failure).toBeUndefined());
      }
    });
  }
});
