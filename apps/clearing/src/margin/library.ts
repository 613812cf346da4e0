import type { FactorHistory } from '#ledger';
import { accountRisk } from '#risk';
import type { AccountRisk, Requirement } from '#risk';
import { bookOfInputs, marketOfInputs, type MarginInputs } from './inputs.js';
import { OpenModel } from './open-model.js';
import { withVols } from './vols.js';

/** Enough of a recorded proposal and of the history it names to run the model again. */
export interface RecordedModel {
  readonly proposal: ConstructorParameters<typeof OpenModel>[0];
  readonly history: FactorHistory;
}

/** What a requirement says again, in full. */
export interface Recomputed {
  readonly requirement: Requirement;
  readonly risk: AccountRisk;
}

/** A sealed set costs tens of milliseconds and a megabyte per factor: the last few are kept. */
const MOST_OPEN = 4;

/** Models as they once were: by proposal and number of days, opened when somebody asks why. */
export class ModelLibrary {
  private readonly open = new Map<string, Promise<{ model: OpenModel; recorded: RecordedModel }>>();

  /** The requirement of these inputs again, explained in full. `load` is asked once per proposal and number of days. */
  async recompute(
    proposal: string,
    days: number,
    inputs: MarginInputs,
    load: () => Promise<RecordedModel>,
  ): Promise<Recomputed> {
    const { model, recorded } = await this.opened(`${proposal}|${days}`, load);
    const urs = model.over(recorded.history, days);
    const market = withVols(model.kernel, marketOfInputs(inputs));
    const found = urs.examine(bookOfInputs(inputs), market);
    const risk = accountRisk(model.kernel, model.parameters, found);
    return { requirement: found.requirement, risk };
  }

  /** Scenario set of a model over its first `days` days. */
  async scenarios(proposal: string, days: number, load: () => Promise<RecordedModel>) {
    const { model, recorded } = await this.opened(`${proposal}|${days}`, load);
    model.over(recorded.history, days);
    const [set] = model.sets();
    if (set === undefined) throw new Error('a sealed model has a scenario set');
    return set;
  }

  private opened(key: string, load: () => Promise<RecordedModel>) {
    const kept = this.open.get(key);
    if (kept !== undefined) return kept;
    const opening = load().then((recorded) => ({
      model: new OpenModel(recorded.proposal, recorded.history),
      recorded,
    }));
    // What could not be opened is tried again by the next who asks.
    opening.catch(() => this.open.delete(key));
    this.open.set(key, opening);
    const [oldest] = this.open.keys();
    if (this.open.size > MOST_OPEN && oldest !== undefined) {
      void this.open.get(oldest)?.then(
        ({ model }) => model.release(),
        () => undefined,
      );
      this.open.delete(oldest);
    }
    return opening;
  }
}
