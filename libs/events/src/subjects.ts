import type { AnyNewEvent } from './event.js';
import type {
  EventData,
  EventType,
  InstrumentSpec,
  ObligationsData,
  Posting,
  StreamId,
  TradeTerms,
} from './vocabulary.js';

type Kind = 'account' | 'member' | 'venue' | 'instrument' | 'asset' | 'rail';
type Subject = `${Kind}:${string}`;
type Subjects = readonly (Subject | undefined)[];

const account = (id: string): Subject => `account:${id}`;
const member = (id: string): Subject => `member:${id}`;
const venue = (id: string): Subject => `venue:${id}`;
const instrument = (id: string): Subject => `instrument:${id}`;
const rail = (id: string): Subject => `rail:${id}`;
const asset = (id: string | undefined): Subject | undefined =>
  id === undefined ? undefined : `asset:${id}`;

const ofStream = ({ stream }: { readonly stream: StreamId }): Subject => venue(stream.venue);
const ofTerms = (terms: TradeTerms): Subject[] => [
  instrument(terms.instrument),
  account(terms.buyer),
  account(terms.seller),
];
const ofEntries = (entries: readonly (readonly [account: string, ...rest: unknown[]])[]) =>
  entries.map(([id]) => account(id));
/** The books of an account are named `A/<account>/<kind>`. */
const ofBook = (book: string): Subject[] => {
  const [owner, id] = book.split('/');
  return owner === 'A' && id !== undefined ? [account(id)] : [];
};
const ofPostings = (postings: readonly Posting[]): Subjects =>
  postings.flatMap(({ from, to, asset: id }) => [asset(id), ...ofBook(from), ...ofBook(to)]);
const ofObligations = (d: ObligationsData): Subjects => [
  instrument(d.instrument),
  asset(d.asset),
  ...ofEntries(d.entries),
];
const ofSpec = (spec: InstrumentSpec): Subjects => [
  instrument(spec.instrument),
  ...(spec.underlying === undefined ? [] : [instrument(spec.underlying)]),
  ...spec.venues.map(venue),
  asset(spec.settlementAsset),
  asset(spec.baseAsset),
];

/** One entry per event type, so that a new type does not compile until somebody says what it is about. */
const subjects: { readonly [T in EventType]: (data: EventData[T]) => Subjects } = {
  AssetRegistered: (d) => [asset(d.asset)],
  MemberRegistered: (d) => [member(d.member)],
  ErasureRequested: (d) => [member(d.member)],
  ErasureWithdrawn: (d) => [member(d.member)],
  SubjectKeyDestroyed: (d) => [member(d.member)],
  AccountOpened: (d) => [
    account(d.account),
    member(d.member),
    ...(d.isolatedInstrument === undefined ? [] : [instrument(d.isolatedInstrument)]),
  ],
  VenueRegistered: (d) => [venue(d.venue)],
  InstrumentListed: (d) => ofSpec(d.spec),
  InstrumentLimitsChanged: (d) => [instrument(d.instrument)],
  SuspensionChanged: (d) => [`${d.scope}:${d.id}`],

  TradeNovated: (d) => [ofStream(d), ...ofTerms(d)],
  TradeBusted: (d) => [ofStream(d), ...ofTerms(d)],
  TradeCorrected: (d) => [ofStream(d), ...ofTerms(d), ...ofTerms(d.replacement)],
  DepositRecorded: (d) => [
    ofStream(d),
    account(d.account),
    asset(d.asset),
    ...(d.chain === undefined ? [] : [rail(d.chain.rail)]),
  ],
  MarkRecorded: (d) => [ofStream(d), instrument(d.instrument)],
  FundingRateRecorded: (d) => [ofStream(d), instrument(d.instrument)],
  WindowClosed: (d) => [ofStream(d)],
  InputDuplicated: (d) => [ofStream(d)],
  // Only its place: what a rejected input says about accounts nobody has vouched for.
  InputRejected: (d) => (d.at === undefined ? [] : [ofStream(d.at)]),
  GapDetected: (d) => [ofStream(d)],
  GapAccepted: (d) => [ofStream(d)],

  WithdrawalRequested: (d) => [account(d.account), asset(d.asset)],
  WithdrawalCompleted: (d) => ofPostings(d.postings),
  WithdrawalRejected: () => [],
  PositionTransferred: (d) => [account(d.from), account(d.to), instrument(d.instrument)],
  GiveUpProposed: (d) => [venue(d.venue), account(d.to), ...ofTerms(d.terms)],
  GiveUpAccepted: () => [],
  GiveUpRejected: () => [],

  WaitEnded: () => [],
  WindowReconciled: (d) => [venue(d.venue)],
  SettlementPriceSet: (d) => [instrument(d.instrument)],
  VariationMarginCalculated: ofObligations,
  PremiumCalculated: ofObligations,
  DeliveryCalculated: ofObligations,
  ExerciseCalculated: ofObligations,
  FundingCalculated: ofObligations,
  FeesCalculated: ofObligations,
  InstrumentExpired: (d) => [instrument(d.instrument)],
  DebtRecovered: (d) => [account(d.account), asset(d.asset)],
  ShortfallRecorded: (d) => [account(d.account), member(d.member), asset(d.asset)],
  ShortfallCovered: (d) => [asset(d.asset)],
  ObligationsSettled: (d) => [asset(d.asset), ...ofEntries(d.entries)],
  PositionLimitBreached: (d) => [account(d.account), instrument(d.instrument)],
  CycleCompleted: () => [],
  CheckpointKeyRotated: () => [],

  FactorHistoryRecorded: (d) => [
    asset(d.numeraire),
    ...d.factors.flatMap((f) => [...f.instruments.map(instrument), ...f.assets.map(asset)]),
  ],
  FactorDayRecorded: () => [],
  RiskModelProposed: () => [],
  RiskModelApproved: () => [],
  RiskModelWithdrawn: () => [],
  RiskModelActivated: () => [],
  MarginAssessed: (d) => [account(d.account), asset(d.asset)],

  RailProposed: (d) => [rail(d.rail), asset(d.asset), venue(d.custodian)],
  RailApproved: (d) => [rail(d.rail)],
  RailWithdrawn: (d) => [rail(d.rail)],
  SettlementAccountOpened: (d) => [rail(d.rail), account(d.account)],
  WithdrawalReserved: (d) => ofPostings(d.postings),
  WithdrawalReleased: (d) => ofPostings(d.postings),
  WithdrawalSettled: (d) => [rail(d.rail), ...ofPostings(d.postings)],
  // Its entries are places in a contract; whose they are, SettlementAccountOpened says.
  SettlementLegDue: (d) => [rail(d.rail)],
  SettlementLegFinalized: (d) => [rail(d.rail)],
  FinalityViolated: (d) => [rail(d.rail)],
  RailResumed: (d) => [rail(d.rail)],
};

/**
 * The things an event is about, as `kind:id`, sorted and each once: read from its data, so they are not stored twice.
 * Kinds are account, member, venue, instrument, asset and rail.
 */
export function subjectsOf(event: AnyNewEvent): string[] {
  const of = subjects[event.type] as (data: EventData[EventType]) => Subjects;
  return [...new Set(of(event.data).filter((s) => s !== undefined))].sort();
}
