import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { describePostgres, freshDatabase } from '../../../../../test/support/services.js';
import { signCheckpoint } from '../../proofs/checkpoint.js';
import { hashLine } from '../../proofs/merkle.js';
import { signingKey } from '../../proofs/note.js';
import { PagedTree } from '../../proofs/pages.js';
import { proofStoreContract } from '../../proofs/proof-store.contract.js';
import type { ProofStore } from '../../proofs/store.js';
import { migrateJournal } from './migrate.js';
import { postgresProofs } from './postgres-proofs.js';

let url: string;
let drop: () => Promise<void>;
let owner: pg.Pool;
let shard = 0;

describePostgres('proofs in Postgres', () => {
  beforeAll(async () => {
    ({ url, drop } = await freshDatabase());
    await migrateJournal(url);
    owner = new pg.Pool({ connectionString: url, max: 2 });
  });
  afterAll(async () => {
    await owner.end();
    await drop();
  });

  proofStoreContract('postgres', async () => {
    shard += 1;
    const opened: ProofStore[] = [];
    const open = (): ProofStore => {
      const store = postgresProofs({ url, shard });
      opened.push(store);
      return store;
    };
    return {
      store: open(),
      again: open,
      cleanup: async () => {
        await Promise.all(opened.map((store) => store.close()));
      },
    };
  });

  const filled = async (): Promise<void> => {
    shard += 1;
    const store = postgresProofs({ url, shard });
    const tree = await PagedTree.open(0, (wanted) => store.pages(wanted));
    for (let i = 0; i < 5; i += 1) tree.append(hashLine(`${i}`));
    await store.write(tree.takePages());
    const key = signingKey('log.example', '05'.repeat(32));
    await store.addKey({ key: key.verifier, validFrom: 1 });
    const root = tree.root().toString('hex');
    await store.addCheckpoint(signCheckpoint({ origin: 'log.example', size: 5, root }, key));
    await store.close();
  };
  it.each([
    'UPDATE journal.leaf_page SET hashes = substring(hashes FROM 1 FOR 32)',
    "UPDATE journal.leaf_page SET hashes = decode(repeat('ab', 160), 'hex')",
    'DELETE FROM journal.leaf_page',
    'UPDATE journal.checkpoint SET size = 4',
    'DELETE FROM journal.checkpoint',
    "UPDATE journal.checkpoint_key SET public_key = ''",
    'TRUNCATE journal.checkpoint_key',
  ])('what was proved is not changed, not even by the owner: %s', async (statement) => {
    await filled();
    await expect(owner.query(statement)).rejects.toMatchObject({ code: '23000' });
  });
  it('a checkpoint kept under another size, or damaged, is refused by its place', async () => {
    shard += 1;
    const store = postgresProofs({ url, shard });
    const key = signingKey('log.example', '05'.repeat(32));
    const root = 'ab'.repeat(32);
    const { note } = signCheckpoint({ origin: 'log.example', size: 5, root }, key);
    const insert = 'INSERT INTO journal.checkpoint VALUES ($1, $2, $3, $4)';
    await owner.query(insert, [shard, 6, root, note]);
    await expect(store.checkpoint()).rejects.toThrow('checkpoint of size 6, line 2: it says 5');
    await owner.query(insert, [shard, 7, root, note.replace('\n5\n', '\nx\n')]);
    await expect(store.checkpoint(7)).rejects.toThrow('checkpoint of size 7, line 2');
    await store.close();
  });
});
