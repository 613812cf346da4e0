import type { Command } from 'commander';
import type { BalanceProofOptions } from './commands/balance-proof.js';
import type { KeystoreOptions } from './commands/keystore.js';
import type { Shell } from './program-past.js';

/** The commands of settlement on chains: its services, their keys, and a member's own proof. */
export function addSettlement(novate: Command, { finish }: Shell): void {
  novate
    .command('settlement')
    .description('run the settlement service; docs/configuration-settlement.md names its settings')
    .action(async () => void (await import('../../settlement/src/main.js')));
  novate
    .command('cosign')
    .description('run an operator’s co-signer; docs/configuration-cosigner.md names its settings')
    .action(async () => void (await import('../../settlement/src/cosign/main.js')));
  novate
    .command('keystore')
    .description(
      'write a key, encrypted under NOVATE_KEYSTORE_PASSWORD, for a co-signer or submitter',
    )
    .requiredOption('--out <file>', 'a new file; none is overwritten')
    .option('--import', 'take the key from standard input instead of drawing one')
    .option('--json', 'print one JSON object')
    .action(async (options: KeystoreOptions) => {
      const { runKeystore } = await import('./commands/keystore.js');
      finish(await runKeystore(options));
    });
  novate
    .command('balance-proof')
    .description('the leaf and the twenty hashes that prove an account’s balance on its chain')
    .requiredOption('--account <id>', 'account, e.g. M01-H')
    .requiredOption('--rail <id>', 'chain and asset, e.g. 31337/USDT')
    .option('--log <file>', 'made from an export of novate export --log, without any database')
    .option('--chain <url>', 'a JSON-RPC node of that chain: its contract checks the proof')
    .option('--json', 'print one JSON object')
    .action(async (options: BalanceProofOptions) => {
      const { runBalanceProof } = await import('./commands/balance-proof.js');
      finish(await runBalanceProof(options));
    });
}
