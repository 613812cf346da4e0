import { setTimeout as sleep } from 'node:timers/promises';
import { keccak256, toHex } from 'viem';
import { funded } from '../testing/node.js';
import type { Mode } from '../testing/rpc-proxy.js';
import type { ChaosChain } from './chain.js';
import type { CosignMode } from './cosign-proxy.js';
import { SUBMITTERS } from './keys.js';
import type { ChaosWorld } from './world.js';

/** Ends a fault that lasts until the house has come through it. */
export type Heal = () => Promise<unknown> | void;

/** What may befall the house: resolves once it has struck. */
export type Fault = (world: ChaosWorld) => Promise<Heal | void>;

const GWEI = 10n ** 9n;
const SILENCE_MS = 800;
/** Longer than a batch may wait. */
const EXPIRY_S = 150;

const anyChain = ({ chains, random }: ChaosWorld): ChaosChain => random.pick(chains);
const submitter = funded(SUBMITTERS[0]).address;

/** One provider of one chain, until everything has settled in spite of it. */
function provider(mode: Mode): Fault {
  return async (world) => {
    const proxy = world.random.pick(anyChain(world).proxies);
    proxy.mode = mode;
    return () => void (proxy.mode = { kind: 'honest' });
  };
}

/** One co-signer, until everything has settled without it. */
function coSigner(mode: CosignMode): Fault {
  return async (world) => {
    const { proxy } = world.random.pick(world.coSigners);
    proxy.mode = mode;
    return () => void (proxy.mode = { kind: 'honest' });
  };
}

const lie = (method: string, answer: (honest: unknown) => unknown): Mode => ({
  kind: 'lie',
  lie: (asked, result) => (asked === method ? answer(result) : result),
});

const processes: Record<string, Fault> = {
  'submitter killed': ({ service }) => service.kill(),
  'submitter killed again and again': async ({ service, random }) => {
    for (let n = 0; n < 3; n += 1) {
      await service.ready();
      await sleep(random.below(1_200));
      await service.kill();
    }
  },
  'submitter without its memory': (world) => world.forget(),
  'two submitters': async (world) => {
    const second = await world.startSecond();
    await second.ready();
    return () => second.hold();
  },
  'co-signer killed': ({ coSigners, random }) => random.pick(coSigners).program.kill(),
  'all co-signers killed': async ({ coSigners }) => {
    await Promise.all(coSigners.map(({ program }) => program.kill()));
  },
  'co-signer down': async ({ coSigners, random }) => {
    const { program } = random.pick(coSigners);
    await program.hold();
    return () => program.resume();
  },
  'co-signer frozen': async ({ coSigners, random }) => {
    const { program } = random.pick(coSigners);
    program.freeze();
    return () => program.thaw();
  },
  'clearing app killed': ({ clearing }) => clearing.kill(),
  'database killed': ({ postgres, random }) => postgres.crash(random.below(SILENCE_MS)),
  'chain killed': async (world) => {
    await anyChain(world).restart(world.random.below(SILENCE_MS));
  },
};

const chains: Record<string, Fault> = {
  'reorganised, transactions lost': async (world) => {
    await anyChain(world).reorg(world.random.between(1, 7), false);
  },
  'reorganised, transactions back': async (world) => {
    await anyChain(world).reorg(world.random.between(1, 7), true);
  },
  'reorganised, a deposit gone for good': async (world) => {
    const { feed, random } = world;
    const chain = anyChain(world);
    await feed.deposit(chain);
    await sleep(random.between(150, 400));
    const other = () => ({ index: feed.someIndex(chain), amount: BigInt(random.between(1, 999)) });
    const after = () => chain.replaceDeposits(other);
    await chain.reorg(random.between(5, 7), false, { after });
  },
  'reorganised past finality, transactions lost': (world) => pastFinality(world, false),
  'reorganised past finality, transactions back': (world) => pastFinality(world, true),
  'time passes, batches expire': async (world) => {
    const chain = anyChain(world);
    await chain.alone(() => chain.node.rpc('evm_increaseTime', [toHex(EXPIRY_S)]));
  },
  'base fee x100': async (world) => {
    const chain = anyChain(world);
    const { baseFee } = (await chain.node.chain.block('latest'))!;
    const fee = [100n * baseFee, 50n * GWEI].reduce((a, b) => (a < b ? a : b));
    await chain.node.rpc('anvil_setNextBlockBaseFeePerGas', [toHex(fee)]);
  },
  'out of gas money': async (world) => {
    const chain = anyChain(world);
    await chain.setEther(submitter, 0n);
    await sleep(world.random.between(500, 1_500));
    await chain.setEther(submitter, 100n);
  },
  'nonce taken by another transaction': async (world) => {
    const { node, chainId } = anyChain(world);
    const nonce = await node.chain.transactionCount(submitter);
    const raw = await funded(SUBMITTERS[0]).signTransaction({
      ...{ type: 'eip1559', chainId, nonce, to: submitter, gas: 21_000n },
      ...{ maxFeePerGas: 900n * GWEI, maxPriorityFeePerGas: 90n * GWEI },
    });
    await node.chain.sendRaw(raw).catch(() => undefined);
  },
  'pool emptied': async (world) => {
    const { node } = anyChain(world);
    for (let n = 0; n < 5; n += 1) {
      await node.rpc('anvil_dropAllTransactions');
      await sleep(100);
    }
  },
};

/** What was final is not; the house has to hear of it. */
async function pastFinality(world: ChaosWorld, back: boolean): Promise<void> {
  const { journal } = world;
  await world.service.ready();
  const chain = anyChain(world);
  const before = journal.count('FinalityViolated');
  const depth = world.random.between(12, 26);
  // No block comes meanwhile: the service calls final what is, and then it is not.
  const knows = () =>
    world.until('the service knows what is final', async () => {
      const final = (await chain.node.chain.block('finalized'))!.number;
      return (await world.finalMark(chain)) >= final;
    });
  if ((await chain.reorg(depth, back, { before: knows })) < depth) return;
  await world.until('the violation is recorded', async () => {
    await journal.refresh();
    return journal.count('FinalityViolated') > before;
  });
}

const providers: Record<string, Fault> = {
  'provider hangs': provider({ kind: 'hang' }),
  'provider says 429': provider({ kind: 'status', status: 429 }),
  'provider says 503': provider({ kind: 'status', status: 503 }),
  'provider answers by halves': provider({ kind: 'half' }),
  'provider lags': provider({ kind: 'lag', blocks: 4 }),
  'provider of another chain': provider({ kind: 'chain-id', chainId: 1 }),
  'provider loses answers to transactions': provider({ kind: 'swallow' }),
  'provider forgets transactions': provider({
    kind: 'forget',
    hash: (raw) => keccak256(raw as `0x${string}`),
  }),
  'provider hides logs': provider(lie('eth_getLogs', () => [])),
  'provider lies of nonces': provider(
    lie('eth_getTransactionCount', (honest) => toHex(BigInt(String(honest)) + 3n)),
  ),
  'provider lies of contracts': provider(lie('eth_call', () => toHex(1n, { size: 32 }))),
  // Nobody can say anything of the chain, and the house's cycles go on: the next cannot be fed before this one was cut.
  'a chain out of reach': async (world) => {
    const { proxies } = anyChain(world);
    for (const proxy of proxies) proxy.mode = { kind: 'status', status: 503 };
    await world.feed.cycle();
    await world.feed.cycle();
    for (const proxy of proxies) proxy.mode = { kind: 'honest' };
  },
  'two providers away': async (world) => {
    const chain = anyChain(world);
    const away = world.random.shuffled(chain.proxies).slice(0, 2);
    const modes: Mode[] = [{ kind: 'hang' }, { kind: 'status', status: 503 }];
    away.forEach((proxy, n) => (proxy.mode = modes[n]!));
    await sleep(1_500);
    for (const proxy of away) proxy.mode = { kind: 'honest' };
  },
};

const signers: Record<string, Fault> = {
  'co-signer slow': coSigner({ kind: 'slow', ms: 3_000 }),
  'co-signer’s answers lost': coSigner({ kind: 'swallow' }),
  'co-signer replays': coSigner({ kind: 'replay' }),
  'co-signers asked for two digests': async ({ coSigners, random }) => {
    const { proxy } = random.pick(coSigners);
    const before = proxy.batches.at(-1);
    for (let n = 0; n < 40 && proxy.batches.at(-1) === before; n += 1) await sleep(50);
    const body = proxy.batches.at(-1);
    if (body === undefined) return;
    const asked = JSON.parse(body) as { header: { deadline: string } };
    const other = {
      ...asked,
      header: { ...asked.header, deadline: `${Number(asked.header.deadline) - 1}` },
    };
    for (const each of coSigners) {
      await each.proxy.ask('/v1/cosign/batch', JSON.stringify(other)).catch(() => undefined);
    }
  },
};

export const faults: Readonly<Record<string, Fault>> = {
  ...processes,
  ...chains,
  ...providers,
  ...signers,
};

/** Faults that take their time: for a soak. */
export const longFaults: Readonly<Record<string, Fault>> = {
  'submitter restarted twenty times, the house four times under it': async (world) => {
    const { service, clearing, feed, random } = world;
    const standing = { over: false };
    const feeding = (async () => {
      while (!standing.over) await feed.cycle();
    })();
    for (let n = 1; n <= 20; n += 1) {
      await service.ready();
      await sleep(random.below(2_000));
      await service.kill();
      if (n % 5 === 0) await clearing.kill();
    }
    standing.over = true;
    await feeding;
  },
};
