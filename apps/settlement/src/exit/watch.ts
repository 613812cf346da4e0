import { type Address, decodeEventLog, type Hex } from 'viem';
import { forcedExitAbi } from '#contracts';
import type { Block, Log } from '../chain/index.js';
import { agreedValue, type Quorum } from '../rpc/index.js';
import { forcedExitOf } from './read.js';

/** A member asked the contract for its money; unserved and unanswered by `serveBy` anyone may freeze the ledger. */
export interface ExitRequest {
  readonly rail: string;
  readonly forcedExit: Address;
  readonly number: number;
  readonly index: number;
  readonly owner: string;
  /** Rail units. */
  readonly amount: bigint;
  /** Block time, seconds. */
  readonly serveBy: number;
}

interface Scan {
  readonly forcedExit: Address;
  next: bigint;
  readonly open: Map<number, ExitRequest>;
}

/** Blocks read at once. */
const PAGE = 10_000n;

/** Hears the forced exits of a chain's rails, once they are final. */
export class ExitWatch {
  private readonly scans = new Map<string, Scan>();

  constructor(
    private readonly quorum: Quorum,
    private readonly fromBlock: bigint,
    private readonly log: (line: string) => void,
  ) {}

  /** Requests that were neither answered nor served, as far as is known. */
  get open(): readonly ExitRequest[] {
    return [...this.scans.values()].flatMap(({ open }) => [...open.values()]);
  }

  /** Those of a rail. */
  openOf(rail: string): readonly ExitRequest[] {
    return [...(this.scans.get(rail)?.open.values() ?? [])];
  }

  /** Final blocks show that a request was served: nothing is owed by it. */
  served({ rail, number }: ExitRequest): void {
    if (this.scans.get(rail)?.open.delete(number) !== true) return;
    this.log(`${rail}: forced exit ${number} is served`);
  }

  /** Reads what the final blocks say; alarms once for every request. */
  async turn(rail: string, ledger: Address, finalized: Block): Promise<void> {
    const scan = await this.scan(rail, ledger, finalized);
    while (scan.next <= finalized.number) {
      const to = scan.next + PAGE < finalized.number ? scan.next + PAGE : finalized.number;
      const logs = agreedValue(await this.quorum.logs([scan.forcedExit], scan.next, to));
      for (const each of logs) this.hear(rail, scan, each);
      scan.next = to + 1n;
    }
  }

  private async scan(rail: string, ledger: Address, { hash }: Block): Promise<Scan> {
    const known = this.scans.get(rail);
    if (known !== undefined) return known;
    const forcedExit = await forcedExitOf(this.quorum, ledger, { blockHash: hash });
    const scan: Scan = { forcedExit, next: this.fromBlock, open: new Map() };
    this.scans.set(rail, scan);
    return scan;
  }

  private hear(rail: string, { open, forcedExit }: Scan, { data, topics }: Log): void {
    const event = decodeEventLog({
      abi: forcedExitAbi,
      data,
      topics: [...topics] as [Hex, ...Hex[]],
      strict: true,
    });
    if (event.eventName === 'ExitAnswered') open.delete(Number(event.args.number));
    if (event.eventName === 'Froze') this.log(`ALARM ${rail}: the ledger is frozen for good`);
    if (event.eventName !== 'ExitRequested') return;
    const { number, index, owner, amount, serveBy } = event.args;
    // A member that was served may ask again: the contract knows the last request of an index only.
    for (const before of open.values()) if (before.index === index) open.delete(before.number);
    const request = {
      ...{ rail, forcedExit, index, owner, amount },
      number: Number(number),
      serveBy: Number(serveBy),
    };
    open.set(request.number, request);
    const until = new Date(request.serveBy * 1000).toISOString();
    this.log(
      `ALARM ${rail}: forced exit ${number}: index ${index} asks for ${amount} units: paid or answered by ${until}, or the ledger may be frozen`,
    );
  }
}
