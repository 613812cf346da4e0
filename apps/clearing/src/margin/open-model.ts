import type { FactorHistory, RiskModel } from '#ledger';
import {
  type Factor,
  kernelByHash,
  ScenarioBuilder,
  type Scenarios,
  RiskError,
  UrsModel,
  UrsParameters,
} from '#risk';

/** Gaps between recorded days are the recorder's: the ledger has checked that dates rise, and a late day must not stop a cut. */
const ANY_GAP = 36_600;

/**
 * One proposal's model at work: its binary by hash, its parameters by hash, and the scenario set of its history, to which days are
 * added as they are recorded. The same parts give the same model on every machine.
 */
export class OpenModel {
  readonly kernel: ReturnType<typeof kernelByHash>;
  readonly parameters: UrsParameters;
  private readonly builder: ScenarioBuilder;
  private days = 0;
  private scenarios: Scenarios | undefined;
  private model: UrsModel | undefined;

  /** Throws `RiskError` or `KernelError` where a part is not to be had or not what the proposal names. */
  constructor(
    private readonly proposal: Pick<
      RiskModel,
      'name' | 'version' | 'wasmHash' | 'parametersHash' | 'parameters'
    >,
    history: FactorHistory,
  ) {
    if (proposal.name !== 'urs') {
      throw new RiskError(
        'model-unknown',
        'name',
        `${proposal.name} is a model for comparison: its rules are not in its binary`,
        'propose urs',
      );
    }
    this.kernel = kernelByHash(proposal.wasmHash);
    this.parameters = UrsParameters.read(JSON.parse(proposal.parameters));
    this.checkParameters();
    this.builder = new ScenarioBuilder(this.kernel, this.parameters, {
      name: history.history,
      maximumGapDays: ANY_GAP,
      factors: history.factors.map(
        ({ factor, kind, move }) => ({ id: factor, kind, move }) as Factor,
      ),
    });
  }

  /** The model over the first `days` days of the history; all of them unless told otherwise. */
  over(history: FactorHistory, days = history.dates.length): UrsModel {
    if (this.model && this.days === days) return this.model;
    if (days < this.days) {
      throw new RangeError(`the model is at ${this.days} days, ${days} were asked for`);
    }
    for (; this.days < days; this.days += 1) {
      const date = history.dates[this.days] ?? '';
      this.builder.add({ date, values: (history.values[this.days] ?? []).map(Number) });
    }
    this.model?.release();
    this.scenarios?.set.release();
    this.scenarios = this.builder.seal();
    const { kernel, parameters } = this;
    this.model = new UrsModel({ kernel, parameters, scenarios: [this.scenarios] });
    return this.model;
  }

  /** What the model of the last call to `over` is made of. */
  sets(): readonly Scenarios[] {
    return this.scenarios ? [this.scenarios] : [];
  }

  release(): void {
    this.model?.release();
    this.scenarios?.set.release();
    this.builder.release();
    this.model = undefined;
    this.days = 0;
  }

  /** Canonical bytes are what is hashed: another spelling of the same document would have another id. */
  private checkParameters(): void {
    const { parametersHash, version } = this.proposal;
    const fix = 'propose the canonical JSON (RFC 8785) of the parameter document';
    if (this.parameters.hash !== parametersHash) {
      const reason = `canonical bytes hash to ${this.parameters.hash}, the proposal's to ${parametersHash}`;
      throw new RiskError('model-mismatch', 'parameters', reason, fix);
    }
    if (this.parameters.version === version) return;
    const reason = `the document is version ${this.parameters.version}, the proposal ${version}`;
    throw new RiskError('model-mismatch', 'version', reason, 'propose it under its own version');
  }
}
