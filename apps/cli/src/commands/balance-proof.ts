import type { Address } from 'viem';
import { confirmBalance, exportedEvents, journalEvents, replayLegs } from '../chain/anchors.js';
import { logPlace, withLog } from '../journal.js';
import { pretty } from '../render/decimal.js';
import { CliError, ExitCode } from '../terminal/exit.js';
import { stderrProgress } from '../terminal/progress.js';
import { linesOf } from './lines.js';

export interface BalanceProofOptions {
  readonly account: string;
  /** `<chainId>/<asset>`. */
  readonly rail: string;
  /** An export to make the proof from, instead of the database. */
  readonly log?: string;
  /** JSON-RPC address of the rail's chain: the proof is checked by the contract itself. */
  readonly chain?: string;
  readonly json?: boolean;
}

/** `novate balance-proof`: what a member takes to the contract, to see its balance confirmed or to leave with it. */
export async function runBalanceProof(options: BalanceProofOptions): Promise<number> {
  const { account, rail, log, chain } = options;
  const progress = stderrProgress();
  const watch = (events: number): void => progress.status(`${events} events replayed`);
  const { copy } =
    log === undefined
      ? await withLog(logPlace(), (journal) => replayLegs(journalEvents(journal), watch))
      : await replayLegs(exportedEvents(linesOf(log)), watch);
  const terms = copy.state.rails.rails.get(rail);
  const place = copy.state.rails.accounts.get(`${account}|${rail}`);
  if (terms === undefined || place === undefined) {
    throw new CliError(
      `${account} has no settlement account on ${rail}`,
      ExitCode.usage,
      'GET /v1/settlement/accounts lists them.',
    );
  }
  const seq = terms.finalSeq;
  const proof = copy.proveBalance(rail, place.index, seq);
  if (proof === undefined) {
    throw new CliError(
      `no batch of ${rail} that contains ${account} is final yet`,
      ExitCode.checkFailed,
      'try again after the next cycle.',
    );
  }
  const { owner, balance, credited, root, path } = proof;
  const confirmed =
    chain === undefined
      ? undefined
      : await confirmBalance(chain, terms.ledger as Address, seq, { ...proof, index: place.index });
  const shown = {
    ...{ account, rail, seq, index: place.index, owner, balance: `${balance}` },
    ...{ credited: `${credited}`, root, proof: path },
    ...(confirmed !== undefined && { confirmed }),
  };
  const text = [
    `${account} on ${rail}, after batch ${seq}: ${pretty(balance, terms.railScale)} ${terms.asset}`,
    `index ${place.index}, owner ${owner}, credited ${credited} of ${terms.railScale} decimals`,
    `root ${root}`,
    ...path.map((sibling, level) => `  ${String(level).padStart(2)} ${sibling}`),
    ...(confirmed === undefined ? [] : [confirmed ? 'the contract confirms it' : 'NOT CONFIRMED']),
  ].join('\n');
  process.stdout.write(`${options.json === true ? JSON.stringify(shown) : text}\n`);
  return confirmed === false ? ExitCode.checkFailed : ExitCode.ok;
}
