import { canonicalJson, hashDocument } from './canonical.js';
import type { AssetGroup, LiquidityTier } from './market.js';
import { RiskError } from './risk-error.js';
import type { CoreParameters } from './kernel/port.js';

/** One parameter of a public document: the number, its unit and inclusive bounds, what it does and where it comes from. */
export interface Parameter<T = number> {
  readonly value: T;
  readonly unit: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly integer?: boolean;
  readonly meaning: string;
  readonly source: string;
}

/** One rule of the model and how it composes: a rule that is not subadditive may ask more of two books together. */
export interface Rule {
  readonly name: string;
  readonly formula: string;
  readonly subadditive: boolean;
  readonly enters: string;
}

/** `parameters/<model>.json`. A version is a name for people; the hash of the canonical bytes is what binds. */
export interface ParameterDocument {
  readonly model: string;
  readonly version: string;
  readonly title: string;
  readonly note: string;
  readonly rules: readonly Rule[];
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly lists: Readonly<Record<string, Parameter<readonly number[]>>>;
}

const GROUPS: readonly AssetGroup[] = ['crypto', 'equity', 'commodity', 'fx', 'rate'];
const TIERS: readonly LiquidityTier[] = ['large', 'mid', 'small', 'tail'];

const PLAIN = [
  ...['k', 'alpha', 'lam', 'lamc', 'delta', 'm', 'cv', 'cz', 'zc', 'W', 'LRW', 'n0', 'nc'].map(
    (each) => `core.${each}`,
  ),
  ...['omega', 'eig', 'varianceFloor', 'clipLow', 'clipHigh', 'horizonDays'].map(
    (each) => `core.${each}`,
  ),
  'history.minimumDays',
  ...['betaDays', 'shrink', 'donorQuantile', 'winsor'].map((each) => `proxy.${each}`),
  ...['days', 'floor'].map((each) => `newListing.${each}`),
  ...['tailShare', 'volUp', 'volDown', 'powerShort', 'powerLong', 'powerDays', 'minimumDays'].map(
    (each) => `grid.${each}`,
  ),
  'liquidity.impact',
  ...['participation', 'mpor'].map((each) => `concentration.${each}`),
  'crowding.slope',
  ...['threshold', 'factor'].flatMap((each) => [`oracle.${each}`, `peg.${each}`]),
  ...['funding.hours', 'unrealised.weight', 'digital.width', 'variance.confidence'],
  ...['health.tail', 'health.maximumShape', 'health.pointsPerDecade'],
  ...['phi', 'phiLow', 'phiHigh', 'crowdingSlope'].map((each) => `maintenance.${each}`),
  ...['quantile', 'maximumSkew', 'maximumKurtosis', 'decay', 'seedDays', 'momentDays'].map(
    (each) => `collateral.${each}`,
  ),
  ...['minimumMomentDays', 'minimumDays', 'longRunShare', 'minimum', 'volumeShare'].map(
    (each) => `collateral.${each}`,
  ),
  ...['fundShare', 'risePerHour', 'fallPerDay', 'wrongWayTail', 'wrongWayLimit'].map(
    (each) => `collateral.${each}`,
  ),
  ...['minimumVenues', 'maximumDeviation', 'spike', 'agreement'].map((each) => `mark.${each}`),
];
const GROUP_KEYS = [
  'netDelta',
  'hedged',
  'basisFlat',
  'basisAnnual',
  'shortOption',
  'minimumVolUp',
];
const TIER_KEYS = ['base', 'low', 'high'];
const KEYS: readonly string[] = [
  ...PLAIN,
  ...GROUPS.flatMap((group) => GROUP_KEYS.map((key) => `group.${group}.${key}`)),
  ...TIERS.flatMap((tier) => TIER_KEYS.map((key) => `openInterest.${tier}.${key}`)),
];
const LISTS: readonly string[] = ['grid.spots', 'grid.tails', 'health.ruinTargets', 'peg.levels'];

/** The parameters of `urs`, checked: every key that is read is there, in bounds, and no other. */
export class UrsParameters {
  readonly hash: string;

  private constructor(readonly document: ParameterDocument) {
    this.hash = hashDocument(document);
  }

  /** Throws `parameter-missing`, `parameter-unknown` or `parameter-out-of-bounds`, naming the key. */
  static read(document: unknown): UrsParameters {
    const checked = structure(document);
    checkKeys(checked.parameters, KEYS, 'parameters');
    checkKeys(checked.lists, LISTS, 'lists');
    for (const key of KEYS) checkValue(key, checked.parameters[key]);
    for (const key of LISTS) checkList(key, checked.lists[key]);
    return new UrsParameters(checked);
  }

  /** The same document with some numbers changed, under a version of its own. */
  with(version: string, values: Readonly<Record<string, number>>): UrsParameters {
    checkKeys({ ...this.document.parameters, ...values }, KEYS, 'parameters');
    const parameters = Object.fromEntries(
      Object.entries(this.document.parameters).map(([key, each]) => [
        key,
        { ...each, value: values[key] ?? each.value },
      ]),
    );
    return UrsParameters.read({ ...this.document, version, parameters });
  }

  get version(): string {
    return this.document.version;
  }

  /** RFC 8785 bytes, as a text: what is hashed. */
  canonical(): string {
    return canonicalJson(this.document);
  }

  number(key: string): number {
    const found = this.document.parameters[key];
    if (found) return found.value;
    throw new RiskError('parameter-unknown', key, 'nobody defined it', `use one of the document's`);
  }

  list(key: string): readonly number[] {
    return this.document.lists[key]?.value ?? [];
  }

  group(group: AssetGroup, key: string): number {
    return this.number(`group.${group}.${key}`);
  }

  /** What the kernel's scenario filter takes. */
  core(): CoreParameters {
    const of = (key: string): number => this.number(`core.${key}`);
    return {
      ...{ lam: of('lam'), lamc: of('lamc'), delta: of('delta'), m: of('m'), cv: of('cv') },
      ...{ cz: of('cz'), zc: of('zc'), W: of('W'), LRW: of('LRW'), n0: of('n0'), nc: of('nc') },
      ...{ omega: of('omega'), eig: of('eig'), varianceFloor: of('varianceFloor') },
    };
  }
}

const refuse = (
  code: 'parameter-missing' | 'parameter-unknown' | 'parameter-out-of-bounds',
  field: string,
  reason: string,
  fix: string,
): RiskError => new RiskError(code, field, reason, fix);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function structure(document: unknown): ParameterDocument {
  const wanted = ['model', 'version', 'title', 'note', 'rules', 'parameters', 'lists'];
  const fix = 'take the published document as it is';
  if (!isRecord(document)) throw refuse('parameter-missing', 'document', 'it is no object', fix);
  checkKeys(document, wanted, 'document');
  if (document['model'] !== 'urs') {
    throw refuse('parameter-out-of-bounds', 'model', `it is ${String(document['model'])}`, fix);
  }
  for (const key of ['parameters', 'lists']) {
    if (!isRecord(document[key])) throw refuse('parameter-missing', key, 'it is no object', fix);
  }
  return document as unknown as ParameterDocument;
}

function checkKeys(found: object, wanted: readonly string[], where: string): void {
  for (const key of wanted) {
    if (Object.hasOwn(found, key)) continue;
    throw refuse('parameter-missing', key, `${where} do not have it`, 'add it with its bounds');
  }
  for (const key of Object.keys(found)) {
    if (wanted.includes(key)) continue;
    throw refuse('parameter-unknown', key, 'no rule reads it', 'remove it, or correct its name');
  }
}

function checkValue(key: string, found: unknown): void {
  if (!isRecord(found)) {
    throw refuse('parameter-out-of-bounds', key, 'it is no object', 'give value and bounds');
  }
  checkBounds(key, found['value'], found);
}

function checkList(key: string, found: unknown): void {
  const values = isRecord(found) ? found['value'] : undefined;
  if (!isRecord(found) || !Array.isArray(values) || values.length === 0) {
    throw refuse('parameter-out-of-bounds', key, 'it is no list of numbers', 'give at least one');
  }
  values.forEach((value, i) => checkBounds(`${key}[${i}]`, value, found));
}

function checkBounds(key: string, value: unknown, found: Record<string, unknown>): void {
  const { minimum, maximum, integer } = found;
  if (typeof minimum !== 'number' || typeof maximum !== 'number') {
    throw refuse('parameter-missing', `${key}.minimum`, 'bounds are no numbers', 'give both');
  }
  const inside =
    typeof value === 'number' && Number.isFinite(value) && value >= minimum && value <= maximum;
  if (inside && (integer !== true || Number.isInteger(value))) return;
  throw refuse(
    'parameter-out-of-bounds',
    key,
    `${String(value)} is not ${integer === true ? 'an integer ' : ''}in [${minimum}, ${maximum}]`,
    'give a value within its bounds',
  );
}
