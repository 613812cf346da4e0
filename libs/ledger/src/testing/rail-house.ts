import type { AnyNewEvent, EventData, InstrumentSpec } from '#events';
import { chainDepositId } from '../index.js';
import { address, hash } from './chain.js';
import { openAs, spec, TestHouse } from './given.js';

export { address, hash };

/** Terms of a rail of USDT (ledger scale 8) whose token has `tokenDecimals`. */
export const terms = (chainId: number, tokenDecimals = 6, more: Record<string, unknown> = {}) => ({
  rail: `${chainId}/USDT`,
  chainId,
  asset: 'USDT',
  railScale: Math.min(tokenDecimals, 8),
  tokenDecimals,
  token: address(1),
  ledger: address(2),
  vault: address(3),
  registry: address(4),
  custodian: `chain-${chainId}`,
  finality: 'finalized',
  treasury: address(5),
  ...more,
});

/** A house that stands on chains too. Throws where what a test takes for granted is refused. */
export class RailHouse extends TestHouse {
  private readonly numbers = new Map<string, number>();

  must(command: Record<string, unknown> & { kind: string }): void {
    const code = this.ask(command);
    if (code !== undefined) throw new Error(`${command.kind}: ${code}`);
  }

  openRail(chainId: number, tokenDecimals = 6): void {
    const rail = terms(chainId, tokenDecimals);
    const venue = { venue: rail.custodian, venueKind: 'custodian', mode: 'novation' };
    this.must({ kind: 'register-venue', ...venue });
    this.must({ kind: 'propose-rail', ...rail, actor: 'operator:o' });
    this.must({ kind: 'approve-rail', rail: rail.rail, actor: 'risk:r' });
  }

  settlesOn(account: string, chainId: number, index: number): void {
    const opened = { account, rail: `${chainId}/USDT`, index, owner: address(100 + index) };
    this.must({ kind: 'open-settlement-account', ...opened });
  }

  /** The vault's next deposit; `more` overrides what the watcher would say. */
  chainDeposit(
    account: string,
    amount: string,
    chainId: number,
    more: Record<string, unknown> = {},
    chainMore: Record<string, unknown> = {},
  ): string | undefined {
    const rail = `${chainId}/USDT`;
    const number = (this.numbers.get(rail) ?? 0) + 1;
    this.numbers.set(rail, number);
    const place = { transaction: hash(number), block: number, blockHash: hash(9), logIndex: 0 };
    const chain = { rail, number, ...place, ...chainMore };
    const depositId = chainDepositId(rail, number);
    const body = { type: 'deposit', depositId, account, asset: 'USDT', amount, at: 1 } as const;
    return this.send(`chain-${chainId}`, 'deposits', 'USDT', { ...body, chain, ...more });
  }

  withdraw(withdrawalId: string, account: string, amount: string, more = {}): string | undefined {
    const asked = { withdrawalId, account, asset: 'USDT', amount, destination: 'x' };
    return this.ask({ kind: 'request-withdrawal', ...asked, to: address(77), ...more });
  }

  finalize(chainId: number, seq: number, more: Record<string, unknown> = {}): string | undefined {
    const place = { transaction: hash(1), block: 9, blockHash: hash(2), blockTime: 1 };
    const what = { rail: `${chainId}/USDT`, seq, digest: hash(3), finality: 'finalized' };
    return this.ask({ kind: 'finalize-leg', ...what, ...place, ...more });
  }

  /** The next leg that is not final becomes so; false where there is none. */
  finalizeNext(chainId: number): boolean {
    const { seq, finalSeq } = this.state.rails.rails.get(`${chainId}/USDT`)!;
    return finalSeq < seq && this.finalize(chainId, finalSeq + 1) === undefined;
  }

  /** [committed, posted] of an account, rail units. */
  chain(account: string, chainId: number): readonly [committed: bigint, posted: bigint] {
    const { committed, posted } = this.state.rails.accounts.get(`${account}|${chainId}/USDT`)!;
    return [committed, posted];
  }
}

export const legsOf = (events: readonly AnyNewEvent[]): EventData['SettlementLegDue'][] =>
  events.flatMap((event) => (event.type === 'SettlementLegDue' ? [event.data] : []));

/** One rail, 1/USDT of 6 decimals, on which M1-H and M2-H settle and have 1,000 each, all posted. */
export function railHouse(listed: readonly InstrumentSpec[] = [spec()]): RailHouse {
  const house = openAs(new RailHouse(), listed);
  house.openRail(1);
  house.settlesOn('M1-H', 1, 16);
  house.settlesOn('M2-H', 1, 17);
  house.chainDeposit('M1-H', '1000', 1);
  house.chainDeposit('M2-H', '1000', 1);
  return house;
}
