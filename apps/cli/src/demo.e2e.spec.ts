import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { formatSigningKey } from '#events';
import { provenRoot, type StateProof } from '#ledger';
import { describeServices, freshDatabase, kafkaBrokers } from '../../../test/support/services.js';
import { projectRoot } from './root.js';

interface DemoJson {
  readonly input: { trades: number; venues: number; members: number };
  readonly clearing: Record<string, string | number>;
  readonly variationMargin: readonly Record<string, string | number>[];
  readonly margin: Readonly<Record<string, string | number | boolean>>;
  readonly journal: { head: number; events: number; chainHash: string };
  readonly stateHash: string;
  readonly replay: { stateHash: string; equal: boolean };
  readonly verify: { ok: boolean; batches: number };
  readonly checkpoint: { size: number; root: string; verified: boolean };
  readonly settlement: {
    readonly chains: number;
    readonly batches: number;
    readonly ledgerEqualsContract: boolean;
    readonly gasPerAccount: number;
    readonly erc20TransferGas: number;
    readonly anchoredRoot: readonly string[];
    readonly replayRoot: readonly string[];
    readonly balanceProofConfirmed: boolean;
    readonly withdrawals: readonly Record<string, string>[];
  };
  readonly services: { postgres: string; kafka: string; journal: string };
  readonly seconds: number;
}

const TRADES = 12_000;
const MAIN = join(projectRoot(), 'dist/apps/cli/src/main.js');

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the real program in its own process, as a user does. */
function start(
  args: readonly string[],
  databaseUrl?: string,
  more: Readonly<Record<string, string>> = {},
) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const services = { NOVATE_KAFKA_BROKERS: kafkaBrokers().join(',') };
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: {
      ...env,
      ...services,
      ...more,
      ...(databaseUrl === undefined ? {} : { NOVATE_DATABASE_URL: databaseUrl }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Ran>((resolve) =>
    child.once('close', (code) => resolve({ code, stdout, stderr })),
  );
  /** Resolves with what was written, once it contains this; rejects where the program ends before. */
  const shows = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = () => {
        if (!stderr.includes(text)) return;
        child.stderr.off('data', look);
        resolve(stderr);
      };
      child.stderr.on('data', look);
      void ended.then(({ code }) => reject(new Error(`ended with ${code}\n${stderr}`)));
      look();
    });
  return { ended, shows, stop: () => child.kill('SIGINT') };
}

const novate = (...given: Parameters<typeof start>): Promise<Ran> => start(...given).ended;

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';

describeServices('the demo, end to end', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let first: DemoJson;

  async function demo(...more: string[]): Promise<DemoJson> {
    const args = ['demo', '--json', '--trades', String(TRADES), ...more];
    const { code, stdout, stderr } = await novate(args, database.url);
    if (code !== 0) throw new Error(`novate ${args.join(' ')} ended with ${code}\n${stderr}`);
    return JSON.parse(lastLine(stdout)) as DemoJson;
  }

  const onChain: Ran[] = [];

  /** The first run stays up while its chains are asked. */
  beforeAll(async () => {
    database = await freshDatabase();
    const args = ['--json', '--trades', String(TRADES), '--database', database.url, '--keep'];
    const kept = start(['demo', ...args], database.url);
    const shown = await kept.shows('Everything is still running');
    const chains = [...shown.matchAll(/novate verify --chain (\S+)/g)].map(([, url]) => url!);
    const both = chains.flatMap((url) => ['--chain', url]);
    onChain.push(await novate(['verify', '--json', ...both], database.url));
    const about = ['--account', 'M01-H', '--rail', '31337/USDT', '--chain', chains[0]!, '--json'];
    onChain.push(await novate(['balance-proof', ...about], database.url));
    onChain.push(await novate(['verify', '--chain', 'http://127.0.0.1:1'], database.url));
    kept.stop();
    first = JSON.parse(lastLine((await kept.ended).stdout)) as DemoJson;
  }, 400_000);
  afterAll(() => database.drop());

  it('reports every key of its JSON, and everything agrees', () => {
    expect(first).toMatchObject({
      input: { trades: TRADES, venues: 3, members: 50 },
      clearing: { accepted: TRADES, rejected: 0 },
      replay: { stateHash: first.stateHash, equal: true },
      verify: { ok: true },
      checkpoint: { size: first.journal.events, verified: true },
      services: { postgres: 'environment', kafka: 'environment', journal: 'postgres' },
    });
    expect(first.stateHash).toMatch(/^[0-9a-f]{64}$/);
    expect(first.journal.chainHash).toMatch(/^[0-9a-f]{64}$/);
    const { perSecond, grossNotional, netNotional, nettingRatio } = first.clearing;
    expect(perSecond).toBeGreaterThan(0);
    expect(grossNotional).toMatch(/^\d+\.\d+$/);
    expect(nettingRatio).toBeCloseTo(1 - Number(netNotional) / Number(grossNotional), 5);
  });

  it('asks margin under urs of every account, less than isolated and than a fixed grid', () => {
    const { modelId, accounts, im, mm, isolatedIm, gridIm, recomputed } = first.margin;
    expect(modelId).toMatch(/^[0-9a-f]{64}$/);
    expect([accounts, recomputed]).toEqual([64, true]);
    expect(Number(mm)).toBeLessThan(Number(im));
    expect(Number(im)).toBeLessThan(Number(isolatedIm));
    expect(Number(im)).toBeLessThan(Number(gridIm));
  });

  it('settles variation margin that sums to zero in every cycle and asset', () => {
    expect(first.variationMargin).toHaveLength(3 * 3);
    expect(first.variationMargin.filter(({ sum }) => sum !== '0')).toEqual([]);
  });

  it('settles every cycle on two chains, and ledger and contracts agree to the unit', () => {
    const { settlement } = first;
    expect(settlement).toMatchObject({
      chains: 2,
      batches: 3 * 6,
      ledgerEqualsContract: true,
      balanceProofConfirmed: true,
      withdrawals: [{ account: 'M01-H', asset: 'USDT', requested: '1000' }],
    });
    expect(Number(settlement.withdrawals[0]!['received'])).toBe(1_000);
    expect(settlement.anchoredRoot).toHaveLength(6);
    expect(settlement.anchoredRoot).toEqual(settlement.replayRoot);
    expect(settlement.gasPerAccount).toBeGreaterThan(0);
  });

  it('lets anybody compare what the chains settled with an offline replay', () => {
    const [verified, proof, nowhere] = onChain;
    expect([verified!.code, verified!.stderr]).toEqual([0, expect.any(String)]);
    const { rails } = JSON.parse(lastLine(verified!.stdout)) as {
      rails: { settled: number; final: number; differences: string[] }[];
    };
    expect(rails.map(({ settled, final, differences }) => [settled, final, differences])).toEqual(
      Array.from({ length: 6 }, () => [3, 3, []]),
    );
    expect(proof!.code).toBe(0);
    expect(JSON.parse(proof!.stdout)).toMatchObject({ index: 16, seq: 3, confirmed: true });
    expect(nowhere!.code).toBe(3);
  });

  it('ends in the same state on a second run and when shuffled', async () => {
    const again = await demo();
    expect(again.stateHash).toBe(first.stateHash);
    const shuffled = await demo('--shuffle', '7');
    expect(shuffled.stateHash).toBe(first.stateHash);
  }, 400_000);

  it('verify and replay say the same of the database it leaves', async () => {
    const verified = await novate(['verify', '--json'], database.url);
    expect(verified.code).toBe(0);
    expect(JSON.parse(lastLine(verified.stdout))).toMatchObject({
      ok: true,
      hash: first.journal.chainHash,
      root: first.checkpoint.root,
      signedSize: first.journal.events,
    });
    const replayed = await novate(['replay', '--json'], database.url);
    expect(JSON.parse(lastLine(replayed.stdout))).toMatchObject({ stateHash: first.stateHash });
    const earlier = await novate(
      ['replay', '--json', '--to', '2024-08-08T23:55:00Z'],
      database.url,
    );
    expect(JSON.parse(lastLine(earlier.stdout))).toMatchObject({ cycle: 1 });
  });

  it('takes a snapshot, verifies it, and starts from it', async () => {
    const signed = { NOVATE_CHECKPOINT_KEY: formatSigningKey('demo.test', '11'.repeat(32)) };
    const run = (args: string[], more: Record<string, string> = signed) =>
      novate([...args, '--json'], database.url, more);
    const taken = await run(['snapshot', 'take']);
    expect([taken.code, taken.stderr]).toEqual([0, expect.any(String)]);
    const { stateHash } = first;
    expect(JSON.parse(taken.stdout)).toMatchObject({ taken: true, stateHash });
    const { position } = JSON.parse(taken.stdout) as { position: number };
    const list = await run(['snapshot', 'list'], {});
    expect(JSON.parse(list.stdout)).toMatchObject([{ position, stateHash }]);
    const verified = await run(['snapshot', 'verify']);
    expect([verified.code, JSON.parse(verified.stdout)]).toEqual([0, [{ size: position }]]);
    const replayed = await run(['replay', '--from-snapshot']);
    expect(JSON.parse(replayed.stdout)).toMatchObject({ fromSnapshot: position, stateHash });

    const at = ['state', '--kind', 'account', '--id', 'M07-C', '--at', '2024-08-08T23:55:00Z'];
    const one = JSON.parse((await run(at)).stdout) as StateProof & { stateHash: string };
    expect(provenRoot(one)).toBe(one.stateHash);
    expect(one).toMatchObject({ cycle: 1 });

    const stranger = { NOVATE_CHECKPOINT_KEY: formatSigningKey('demo.test', '22'.repeat(32)) };
    const refused = await run(['snapshot', 'verify'], stranger);
    expect([refused.code, refused.stdout]).toEqual([
      1,
      expect.stringContaining('signed by demo.test'),
    ]);
    expect((await run(['snapshot', 'take'], {})).code).toBe(2);
    expect((await run(['snapshot', 'verify', '--key', 'nonsense'])).code).toBe(2);
  }, 60_000);

  it('prints a statement of any account in three forms', async () => {
    const args = ['statement', '--account', 'M07-C', '--format'];
    const json = await novate([...args, 'json'], database.url);
    expect(JSON.parse(json.stdout)).toMatchObject({ account: 'M07-C', stateHash: first.stateHash });
    const csv = await novate([...args, 'csv'], database.url);
    expect(csv.stdout).toMatch(/\r\ntrailer,/);
    const text = await novate([...args, 'table'], database.url);
    expect(text.stdout).toContain('Balances');
    const nobody = await novate(['statement', '--account', 'nobody'], database.url);
    expect(nobody.code).toBe(2);
  });

  it('rebuilds the read model, every table as it was', async () => {
    const { code, stdout } = await novate(['rebuild', '--verify', '--json'], database.url);
    expect(code).toBe(0);
    expect(JSON.parse(lastLine(stdout))).toMatchObject({ equal: true });
    const beside = await novate(['rebuild', '--beside', '--json'], database.url);
    const both = { equal: true, swapped: true };
    expect([beside.code, JSON.parse(lastLine(beside.stdout))]).toEqual([
      0,
      expect.objectContaining(both),
    ]);
    expect((await novate(['rebuild', '--back'], database.url)).code).toBe(0);
  }, 60_000);
});

describeServices('novate without what it needs', () => {
  it('says in one line that the database is not named, and how to name it', async () => {
    const { code, stderr } = await novate(['verify'], '');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^novate: NOVATE_DATABASE_URL is not set.*\n {2}fix: export/);
  });

  it('tells an unreachable database and wrong usage apart', async () => {
    const nowhere = await novate(['verify'], 'postgres://nobody@127.0.0.1:1/nothing');
    expect(nowhere.code).toBe(3);
    expect((await novate(['replay', '--frm', '1'])).code).toBe(2);
    expect((await novate(['--help'])).stdout).toContain('novate demo');
  });
});
