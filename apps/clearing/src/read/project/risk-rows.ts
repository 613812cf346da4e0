import type { AnyRecordedEvent, RecordedEvent } from '#events';
import type { HouseState } from '#ledger';
import type { Book } from '#risk';
import { bookOf, positionsByAccount } from '../../margin/book.js';
import { inputsOf } from '../../margin/inputs.js';
import { type HouseMarket, houseMarket } from '../../margin/market.js';
import type { RowBuffer } from './tables.js';

/** What the requirements of one cycle share. */
interface Shared {
  readonly cycle: number;
  readonly market: HouseMarket;
  readonly index: ReturnType<typeof positionsByAccount>;
}

/** Rows of the risk standard's facts, of the state after each. */
export class RiskRows {
  private shared: Shared | undefined;
  private readonly activeFrom = new Map<string, number>();

  constructor(
    private readonly state: HouseState,
    private readonly rows: RowBuffer,
  ) {}

  append(event: AnyRecordedEvent): void {
    const at = event.position;
    switch (event.type) {
      case 'FactorHistoryRecorded': {
        const { history, dates, values } = event.data;
        dates.forEach((date, day) => this.dayRow(history, day, date, values[day]!, at));
        return this.historyRow(history, at);
      }
      case 'FactorDayRecorded': {
        const { history, date, values } = event.data;
        const day = this.state.risk.histories.get(history)!.dates.length - 1;
        this.dayRow(history, day, date, values, at);
        return this.historyRow(history, at);
      }
      case 'RiskModelActivated':
        this.activeFrom.set(event.data.proposal, event.data.cycle);
        // The one it replaces was retired by it.
        for (const { proposal, status } of this.state.risk.models.values()) {
          if (status === 'retired') this.modelRow(proposal, at);
        }
        return this.modelRow(event.data.proposal, at);
      case 'RiskModelProposed':
      case 'RiskModelApproved':
      case 'RiskModelWithdrawn':
        return this.modelRow(event.data.proposal, at);
      case 'MarginAssessed':
        return this.marginRow(event);
    }
  }

  private historyRow(id: string, at: number): void {
    const { numeraire, factors, root, dates } = this.state.risk.histories.get(id)!;
    const ends = [dates[0]!, dates.at(-1)!];
    const row = [id, numeraire, { json: factors }, root, dates.length, ...ends, at];
    this.rows.upsert('factorHistory', id, row);
  }

  private dayRow(id: string, day: number, date: string, values: readonly string[], at: number) {
    this.rows.append('factorDay', [id, day, date, { json: values }, at]);
  }

  private modelRow(proposal: string, at: number): void {
    const model = this.state.risk.models.get(proposal)!;
    this.rows.upsert('riskModel', proposal, [
      ...[proposal, model.name, model.version, model.wasmHash, model.parametersHash],
      ...[model.parameters, model.history, model.status, model.proposer, model.approver],
      ...[model.fromCycle, this.activeFrom.get(proposal), at],
    ]);
  }

  private marginRow(event: RecordedEvent<'MarginAssessed'>): void {
    const { data, position } = event;
    const { account, cycle } = data;
    const { member } = this.state.accounts.get(account)!;
    const { market, index } = this.sharedOf(event);
    const book: Book = bookOf(this.state, account, index);
    this.rows.append('margin', [
      ...[account, cycle, member, data.asset],
      ...[data.equity, data.initialMargin, data.maintenanceMargin, data.proposal, data.modelId],
      ...[data.scenarioRoot, data.historyRoot, data.days, data.markSetId, data.status],
      ...[{ json: data.notes }, { json: data.parts }],
      data.health === undefined ? undefined : { json: data.health },
      ...[{ json: data.greeks }, { json: inputsOf(market, book) }, position],
    ]);
  }

  /** All requirements of a cycle follow its cut at once, so they share one market. */
  private sharedOf({ data, occurredAt }: RecordedEvent<'MarginAssessed'>): Shared {
    const { cycle, proposal } = data;
    if (this.shared?.cycle !== cycle) {
      const { history } = this.state.risk.models.get(proposal)!;
      const market = houseMarket(this.state, occurredAt, this.state.risk.histories.get(history)!);
      this.shared = { cycle, market, index: positionsByAccount(this.state) };
    }
    return this.shared;
  }
}
