import type { MarginGreeks, MarginHealth, MarginPart } from '#events';
import { positionOf, RISK_LIMITS, valueScale } from '#ledger';
import type { Assess, Assessment, Command, FactorHistory, HouseState } from '#ledger';
import { accountRisk, greekTexts, hashText, RiskError, roundUp, toFloat } from '#risk';
import type { AccountRisk, Book, RequirementPart, UrsModel } from '#risk';
import { bookOf, positionsByAccount } from './book.js';
import { type HouseMarket, houseMarket } from './market.js';
import { OpenModel } from './open-model.js';
import { withVols } from './vols.js';

/** A loss a short position can make in one day under the standard, as a multiple of its notional: the clip of the core. */
const WORST_RISE = 3;

/**
 * The risk standard at the ledger's port. It keeps the active model open, adds recorded days to its scenario set, and answers for the
 * accounts of a state; a pure function of the state but for speed.
 */
export class Assessor {
  private readonly open = new Map<string, OpenModel>();

  readonly assess: Assess = (state, moment, accounts) => {
    const { proposal, history } = activeOf(state);
    const opened = this.opened(state, proposal);
    const model = opened.over(history);
    const market = withVols(opened.kernel, houseMarket(state, moment.endsAt, history));
    const index = positionsByAccount(state);
    return accounts.map((account) => {
      const book = bookOf(state, account, index);
      return assessed(opened, model, market, history, book, state);
    });
  };

  /**
   * Opens the model that a command would let in and asks it about an empty account: what throws here would stop a cut later.
   * Commands of other kinds, and those the ledger refuses anyway, pass. Throws `RiskError` or `KernelError`.
   */
  rehearse(state: HouseState, command: Command): void {
    if (command.kind !== 'propose-risk-model') return;
    const history = state.risk.histories.get(command.history);
    if (history === undefined || history.dates.length < RISK_LIMITS.daysOfModel) return;
    const parametersHash = hashText(command.parameters);
    const opened = new OpenModel({ ...command, parametersHash }, history);
    const model = opened.over(history);
    const nothing = { account: 'rehearsal', positions: [], collateral: [] };
    model.assess(nothing, houseMarket(state, command.occurredAt, history));
    opened.release();
  }

  private opened(state: HouseState, proposal: string): OpenModel {
    let opened = this.open.get(proposal);
    if (opened === undefined) {
      const model = state.risk.models.get(proposal)!;
      opened = new OpenModel(model, state.risk.histories.get(model.history)!);
      this.open.set(proposal, opened);
    }
    return opened;
  }
}

function activeOf(state: HouseState): {
  readonly proposal: string;
  readonly history: FactorHistory;
} {
  const proposal = state.risk.active!;
  const model = state.risk.models.get(proposal)!;
  return { proposal, history: state.risk.histories.get(model.history)! };
}

function assessed(
  { kernel, parameters }: OpenModel,
  model: UrsModel,
  market: HouseMarket,
  history: FactorHistory,
  book: Book,
  state: HouseState,
): Assessment {
  const named = {
    account: book.account,
    asset: market.numeraire.asset,
    modelId: model.identity.modelId,
    scenarioRoot: model.identity.scenarioRoot,
    historyRoot: history.root,
    days: history.dates.length,
    markSetId: market.markSetId,
  };
  try {
    const found = model.examine(book, market, { detail: 'summary' });
    const { requirement } = found;
    const notes = [
      ...requirement.fallbacks.map((each) => `${each.code}: ${each.field}: ${each.reason}`),
      ...assumedFor(book, market),
    ];
    const { equity, initialMargin, maintenanceMargin } = requirement.explanation;
    const risk = accountRisk(kernel, parameters, found);
    return {
      ...named,
      equity: String(requirement.equity),
      initialMargin: String(requirement.initialMargin),
      maintenanceMargin: String(requirement.maintenanceMargin),
      parts: {
        equity: partsOf(equity),
        initialMargin: partsOf(initialMargin),
        maintenanceMargin: partsOf(maintenanceMargin),
      },
      status: notes.length === 0 ? 'ok' : 'fallback',
      notes,
      ...healthOf(risk),
      greeks: greeksOf(risk),
    };
  } catch (error) {
    if (!(error instanceof RiskError)) throw error;
    return { ...named, ...unassessable(book, market, state, error) };
  }
}

/** What the house assumed of anything the account holds. */
function assumedFor({ positions, collateral }: Book, { assumed }: HouseMarket): string[] {
  const ids = [...positions.map((p) => p.instrument), ...collateral.map((c) => c.asset)];
  return ids.flatMap((id) => {
    const why = assumed.get(id);
    return why === undefined ? [] : [`assumed: ${id}: ${why}`];
  });
}

/**
 * The model refused the account. A cut must not stop for one account, nor may it go free: cash in the numeraire counts, and the
 * greatest daily loss of every position is asked, at its mark or at what was paid for it.
 */
function unassessable(
  book: Book,
  market: HouseMarket,
  state: HouseState,
  error: RiskError,
): Pick<
  Assessment,
  'equity' | 'initialMargin' | 'maintenanceMargin' | 'parts' | 'status' | 'notes' | 'greeks'
> {
  const { positions, collateral } = book;
  const { asset, scale } = market.numeraire;
  const cash = collateral.find((each) => each.asset === asset)?.quantity ?? 0n;
  const losses = positions.map(({ instrument, quantity, quantityScale }) => {
    const { spec } = state.instruments.get(instrument)!;
    const size = toFloat(BigInt(spec.contractSize), spec.contractSizeScale, 'contractSize');
    const mark = market.marks.get(instrument)?.price;
    const units = size * Math.abs(toFloat(quantity, quantityScale, instrument));
    const paid = (): number => {
      const { cost } = positionOf(state, book.account, instrument)!;
      return Math.abs(toFloat(cost, valueScale(state, spec), instrument));
    };
    const inverse = spec.payoff === 'inverse';
    const worth = inverse ? units : mark === undefined ? paid() : units * Math.abs(mark);
    return { name: instrument, amount: roundUp(WORST_RISE * worth, scale, instrument) };
  });
  const total = losses.reduce((sum, { amount }) => sum + amount, 0n);
  const parts = losses.map(({ name, amount }) => ({ name, amount: String(amount) }));
  return {
    equity: String(cash),
    initialMargin: String(total),
    maintenanceMargin: String(total),
    parts: {
      equity: [{ name: asset, amount: String(cash) }],
      initialMargin: parts,
      maintenanceMargin: parts,
    },
    status: 'fallback',
    notes: [`unassessable: ${error.message}`],
    greeks: [],
  };
}

function partsOf({ parts = [] }: RequirementPart): MarginPart[] {
  return parts.map((each) => ({
    name: each.name,
    amount: String(each.amount),
    ...(each.parts && { parts: partsOf(each) }),
  }));
}

function healthOf({ health }: AccountRisk): { health?: MarginHealth } {
  if (health === undefined) return {};
  return {
    health: {
      ...(health.ratio !== null && { ratio: health.ratio }),
      ruin: health.probabilityOfRuin,
      distress: health.probabilityOfDistress,
      score: health.score,
      idle: String(health.idleCapital),
    },
  };
}

function greeksOf({ greeks }: AccountRisk): MarginGreeks[] {
  return greeks.underlyings.map((each) => ({
    underlying: each.underlying,
    ...greekTexts(each, ['delta', 'gamma', 'vega', 'theta', 'rho']),
  }));
}
