/**
 * The unified risk standard: its door. The kernel and its loader, scenario sets, the models, collateral, health and backtest;
 * usable on its own, in Node or a browser. docs/risk-standard.md says what it computes.
 *
 * Risk is float64, produced by one WebAssembly binary so that every machine gives the same bits, and leaves this room only
 * as integers rounded against the member (margin up, equity down). Hence no type of this door carries a float into the ledger.
 */
export type {
  Explanation,
  Fallback,
  MinorUnits,
  Requirement,
  RequirementPart,
} from './requirement.js';
export type { AssessOptions, MarginModel, ModelIdentity } from './model.js';
export type { Book, Holding, OpenOrder, Quantity, RiskPosition } from './book.js';
export {
  type OptionContract,
  type Payoff,
  paidUpFront,
  type RiskInstrument,
} from './instrument.js';
export type {
  AssetGroup,
  AssetMark,
  LiquidityTier,
  Mark,
  Market,
  Source,
  Underlying,
} from './market.js';
export { RiskError, type RiskErrorCode } from './risk-error.js';
export { byCodeUnits, powerOfTen, sumOf, toFloat } from './exact.js';
export { apportion, roundDown, roundNearest, roundUp } from './rounding.js';
export { explain, explainEquity, explainMargin, type Part, sums } from './explain.js';
export { attributeChange, type Moment, type RequirementChange } from './change.js';
export {
  canonicalJson,
  hashDocument,
  hashText,
  merkleRootOfHashes,
  merkleRootOfTexts,
} from './canonical.js';
export { assertIdentity, identify, MODEL_DOMAIN, modelId } from './identity.js';
export { type Parameter, type ParameterDocument, type Rule, UrsParameters } from './parameters.js';
export { shippedUrsParameters } from './adapters/parameter-files.js';
export {
  type Factor,
  type FactorHistory,
  type HistoryDay,
  historyRoot,
} from './scenarios/factor-history.js';
export {
  buildScenarios,
  ScenarioBuilder,
  scenarioRoot,
  type Scenarios,
} from './scenarios/scenarios.js';
export { isModelId, modelIdPattern } from './model.js';
export { FixedGridModel, gridDefaults, type GridParameters } from './models/grid-model.js';
export { HistoricalModel, type HistoricalName } from './models/historical-model.js';
export { TieredModel } from './models/tiered-model.js';
export type { ComparisonParts } from './models/comparison.js';
export { type ModelParts, ModelRegistry } from './models/registry.js';
export { type Assessment, UrsModel, type UrsParts } from './models/urs/urs.js';
export { accountRisk, type AccountRisk } from './account-risk.js';
export * from './greeks/index.js';
export * from './variance/index.js';
export type { SetLosses } from './models/urs/core.js';
export type { InstrumentRisk } from './models/urs/instrument-risk.js';
export type * from './kernel/port.js';
export type * from './kernel/rule-tables.js';
export { KernelError, type KernelErrorCode } from './kernel/kernel-error.js';
export { loadKernel } from './kernel/wasm-kernel.js';
export {
  currentKernel,
  currentKernelHash,
  kernelByHash,
  kernelBytes,
} from './adapters/kernel-files.js';
export type {
  BacktestBook,
  BacktestDay,
  BacktestFactor,
  BacktestSetup,
  CoreModel,
  CoreRun,
  OptionLeg,
} from './backtest/model.js';
export { boundsOf } from './backtest/model.js';
export { coreModels } from './backtest/core-models.js';
export * as backtest from './backtest/index.js';
export * from './collateral/index.js';
export * from './health/index.js';
export { decimalText, type Direction, figure, figureText, ratioText } from './decimal.js';
