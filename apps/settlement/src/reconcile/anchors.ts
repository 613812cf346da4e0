import {
  type Address,
  createPublicClient,
  decodeFunctionData,
  getAbiItem,
  type Hex,
  http,
  type PublicClient,
} from 'viem';
import { type AnyRecordedEvent, canonicalLine, hashLine, type Journal } from '#events';
import { settlementLedgerAbi } from '#contracts';
import { batchDigest, legToBatch } from '../batch/index.js';
import { type Anchor, anchored, HouseCopy, readLine } from '../house/index.js';

/** What an offline replay of a journal says every batch on chain has to be. */
export interface ReplayedLegs {
  readonly copy: HouseCopy;
  /** In order of the journal. */
  readonly anchors: readonly Anchor[];
  /** `<rail> <seq>` -> digest the journal recorded as final. */
  readonly final: ReadonlyMap<string, Hex>;
}

/** What a chain's batches of one rail came to. */
export interface RailAnchors {
  readonly rail: string;
  /** Legs of the journal that the journal calls final. */
  readonly final: number;
  /** Batches on chain, each compared. */
  readonly settled: number;
  /** Roots of the last batch on chain, and of the leg as it was replayed. Hex. */
  readonly anchoredRoot?: string;
  readonly replayRoot?: string;
  /** What differs, in order; empty where chain and replay agree. */
  readonly differences: readonly string[];
}

/** An event of a log and the hash of its line as recorded. */
export interface LoggedEvent {
  readonly event: AnyRecordedEvent;
  readonly leaf: Buffer;
}

/** The events of a journal, from position 0. */
export async function* journalEvents(journal: Journal): AsyncIterable<LoggedEvent> {
  for await (const { events, recorded = events } of journal.read(0)) {
    for (const [i, event] of events.entries()) {
      yield { event, leaf: hashLine(canonicalLine(recorded[i]!)) };
    }
  }
}

/** The events of an export's lines. */
export async function* exportedEvents(lines: AsyncIterable<string>): AsyncIterable<LoggedEvent> {
  let position = 0;
  for await (const line of lines) {
    yield readLine(line, position);
    position += 1;
  }
}

/** Folds a log from position 0, and keeps what every leg anchors. */
export async function replayLegs(
  log: AsyncIterable<LoggedEvent>,
  onProgress: (events: number) => void = () => undefined,
): Promise<ReplayedLegs> {
  const copy = await HouseCopy.open();
  const anchors: Anchor[] = [];
  const final = new Map<string, Hex>();
  for await (const { event, leaf } of log) {
    copy.apply(event, leaf);
    const { type, data } = event;
    if (type === 'SettlementLegDue') anchors.push(copy.anchor(data.rail, data.seq)!);
    if (type === 'SettlementLegFinalized') {
      final.set(`${data.rail} ${data.seq}`, data.digest as Hex);
    }
    if (copy.size % 10_000 === 0) onProgress(copy.size);
  }
  return { copy, anchors, final };
}

/** Compares every batch on a chain with the replay: its roots, its place in the chain of batches, and what it moved. */
export async function checkAnchors(url: string, legs: ReplayedLegs): Promise<RailAnchors[]> {
  const reader = createPublicClient({ transport: http(url) });
  const chainId = await reader.getChainId();
  const rails = [...legs.copy.state.rails.rails.values()].filter(
    (rail) => rail.chainId === chainId && rail.status === 'approved',
  );
  if (rails.length === 0) throw new Error(`the journal settles nothing on chain ${chainId}`);
  return Promise.all(
    rails.map(({ rail, ledger }) =>
      checkRail(reader, { rail, ledger: ledger as Address, chainId }, legs),
    ),
  );
}

interface RailPlace {
  readonly rail: string;
  readonly ledger: Address;
  readonly chainId: number;
}

async function checkRail(
  reader: PublicClient,
  place: RailPlace,
  { copy, anchors, final }: ReplayedLegs,
): Promise<RailAnchors> {
  const { rail, ledger } = place;
  const own = anchors.filter((anchor) => anchor.rail === rail);
  const logs = await reader.getLogs({
    address: ledger,
    event: getAbiItem({ abi: settlementLedgerAbi, name: 'BatchSettled' }),
    fromBlock: 0n,
    toBlock: 'latest',
    strict: true,
  });
  const differences: string[] = [];
  const origin = copy.state.checkpointKey?.keyName ?? '';
  let prevHash: Hex = `0x${'00'.repeat(32)}`;
  for (const [i, { args, transactionHash }] of logs.entries()) {
    const anchor = own[i];
    const { input } = await reader.getTransaction({ hash: transactionHash });
    const wrong = differenceOf(place, origin, prevHash, anchor, input, args.digest);
    if (wrong !== undefined) differences.push(`batch ${args.seq}: ${wrong}`);
    const recorded = final.get(`${rail} ${args.seq}`);
    if (recorded !== undefined && recorded !== args.digest) {
      differences.push(`batch ${args.seq}: the journal says it was ${recorded}`);
    }
    prevHash = args.digest;
  }
  const finals = [...final.keys()].filter((key) => key.startsWith(`${rail} `)).length;
  if (finals > logs.length) {
    differences.push(`the journal calls ${finals} batches final, the chain has ${logs.length}`);
  }
  const last = logs.at(-1);
  const replayed = last === undefined ? undefined : own[logs.length - 1];
  return {
    ...{ rail, final: finals, settled: logs.length, differences },
    ...(last !== undefined && { anchoredRoot: last.args.stateRoot.slice(2) }),
    ...(replayed !== undefined && { replayRoot: replayed.stateRoot }),
  };
}

/** How what was sent differs from what the replay makes of the leg; undefined where it does not. */
function differenceOf(
  { chainId, ledger }: RailPlace,
  origin: string,
  prevHash: Hex,
  anchor: Anchor | undefined,
  input: Hex,
  digest: Hex,
): string | undefined {
  if (anchor === undefined) return 'the journal has no leg for it';
  const { functionName, args } = decodeFunctionData({ abi: settlementLedgerAbi, data: input });
  if (functionName !== 'settle') return 'it was not sent as a batch of its own';
  const [header, payload] = args;
  const derived = legToBatch(anchor.data, {
    ...{ chainId, ledger, origin, prevHash },
    ...anchored(anchor),
    epoch: header.epoch,
    deadline: header.deadline,
  });
  for (const field of Object.keys(derived.header) as (keyof typeof derived.header)[]) {
    if (derived.header[field] !== header[field]) {
      return `${field} is ${header[field]} on chain, ${derived.header[field]} by replay`;
    }
  }
  const bytes = `0x${Buffer.from(derived.payload).toString('hex')}`;
  if (bytes !== payload) return 'it moves other amounts than the leg';
  return batchDigest(header, { chainId, ledger }) === digest ? undefined : 'another digest';
}

/** A member's balance under the root of a leg, as `HouseCopy.proveBalance` gives it. */
export interface ProvenBalance {
  readonly index: number;
  readonly owner: string;
  readonly balance: bigint;
  readonly credited: bigint;
  readonly path: readonly Hex[];
}

/** Asks the ledger contract whether a balance is under the root of a batch that was settled. */
export async function confirmBalance(
  url: string,
  ledger: Address,
  seq: number,
  { index, owner, balance, credited, path }: ProvenBalance,
): Promise<boolean> {
  const header = await headerOf(url, ledger, seq);
  const reader = createPublicClient({ transport: http(url) });
  try {
    return await reader.readContract({
      address: ledger,
      abi: settlementLedgerAbi,
      functionName: 'verifyBalance',
      args: [header, index, owner as Address, balance, credited, path],
    });
  } catch (error) {
    if (String(error).includes('InvalidProof')) return false;
    throw error;
  }
}

/** The header a settled batch was sent with. @throws Error where the chain has no such batch */
async function headerOf(url: string, ledger: Address, seq: number) {
  const reader = createPublicClient({ transport: http(url) });
  const [log] = await reader.getLogs({
    address: ledger,
    event: getAbiItem({ abi: settlementLedgerAbi, name: 'BatchSettled' }),
    args: { seq: BigInt(seq) },
    fromBlock: 0n,
    strict: true,
  });
  if (log === undefined) throw new Error(`the chain has no batch ${seq} of ${ledger}`);
  const { input } = await reader.getTransaction({ hash: log.transactionHash });
  const { functionName, args } = decodeFunctionData({ abi: settlementLedgerAbi, data: input });
  if (functionName !== 'settle') throw new Error(`batch ${seq} was not sent as a batch of its own`);
  return args[0];
}
