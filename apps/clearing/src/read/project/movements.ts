import type { AnyNewEvent, EventType, ObligationsData, Posting } from '#events';

/** Why a book moved. Members read these words on their statements. */
export type MovementReason =
  | 'deposit'
  | 'withdrawal'
  | 'reservation'
  | 'release'
  | 'variation-margin'
  | 'premium'
  | 'exercise'
  | 'delivery'
  | 'funding'
  | 'fee'
  | 'debt-repayment'
  | 'shortfall'
  | 'loss-sharing'
  | 'settlement';

/** One change of one book of an account; `amount` is signed, minor units of `asset`. */
export interface Movement {
  readonly account: string;
  readonly asset: string;
  /** `cash`, `reserved`, `due`, `debt` or `claim`. */
  readonly book: string;
  readonly amount: bigint;
  readonly reason: MovementReason;
  /** Deposit or withdrawal id. */
  readonly reference?: string;
  readonly cycle?: number;
  readonly instrument?: string;
}

type Context = Pick<Movement, 'reason' | 'reference' | 'cycle' | 'instrument'>;

const obligationReasons: { readonly [T in EventType]?: MovementReason } = {
  VariationMarginCalculated: 'variation-margin',
  PremiumCalculated: 'premium',
  ExerciseCalculated: 'exercise',
  DeliveryCalculated: 'delivery',
  FundingCalculated: 'funding',
  FeesCalculated: 'fee',
};

/** The reason an event of obligations moves due books for; undefined for every other event. */
export function obligationReason(type: EventType): MovementReason | undefined {
  return obligationReasons[type];
}

/** `A/<account>/<book>` taken apart; undefined for a book of the house. */
export function accountOfBook(name: string): { account: string; book: string } | undefined {
  if (!name.startsWith('A/')) return undefined;
  const cut = name.lastIndexOf('/');
  return { account: name.slice(2, cut), book: name.slice(cut + 1) };
}

function posted(postings: readonly Posting[], context: Context): Movement[] {
  const movements: Movement[] = [];
  for (const { from, to, asset, amount } of postings) {
    const [source, target] = [accountOfBook(from), accountOfBook(to)];
    if (source) movements.push({ ...source, asset, amount: -BigInt(amount), ...context });
    if (target) movements.push({ ...target, asset, amount: BigInt(amount), ...context });
  }
  return movements;
}

function obliged(data: ObligationsData, reason: MovementReason): Movement[] {
  const { asset, cycle, instrument } = data;
  return data.entries
    .filter(([, , amount]) => amount !== '0')
    .map(([account, , amount]) => {
      return { account, asset, book: 'due', amount: BigInt(amount), reason, cycle, instrument };
    });
}

function settled(data: {
  readonly cycle: number;
  readonly asset: string;
  readonly entries: readonly (readonly [account: string, cash: string, claim: string])[];
}): Movement[] {
  const { asset, cycle } = data;
  return data.entries.flatMap(([account, cashText, claimText]) => {
    const [cash, claim] = [BigInt(cashText), BigInt(claimText)];
    const books = [
      ['due', -(cash + claim)],
      ['cash', cash],
      ['claim', claim],
    ] as const;
    return books
      .filter(([, amount]) => amount !== 0n)
      .map(([book, amount]): Movement => {
        return { account, asset, book, amount, reason: 'settlement', cycle };
      });
  });
}

/**
 * What an event does to the books of accounts, read from the event alone and in a stable order. The ledger's own fold
 * reaches the same balances by another way; statements assert that the two agree.
 */
export function movementsOf(event: AnyNewEvent): readonly Movement[] {
  switch (event.type) {
    case 'DepositRecorded':
      return posted(event.data.postings, { reason: 'deposit', reference: event.data.depositId });
    case 'WithdrawalCompleted': {
      const { withdrawalId, cycle, postings } = event.data;
      return posted(postings, { reason: 'withdrawal', reference: withdrawalId, cycle });
    }
    case 'WithdrawalReserved': {
      const { withdrawalId: reference, postings } = event.data;
      return posted(postings, { reason: 'reservation', reference });
    }
    case 'WithdrawalReleased': {
      const { withdrawalId: reference, cycle, postings } = event.data;
      return posted(postings, { reason: 'release', reference, cycle });
    }
    case 'WithdrawalSettled': {
      const { withdrawalId: reference, postings } = event.data;
      return posted(postings, { reason: 'withdrawal', reference });
    }
    case 'DebtRecovered':
      return posted(event.data.postings, { reason: 'debt-repayment', cycle: event.data.cycle });
    case 'ShortfallRecorded':
      return posted(event.data.postings, { reason: 'shortfall', cycle: event.data.cycle });
    case 'ShortfallCovered':
      return posted(event.data.postings, { reason: 'loss-sharing', cycle: event.data.cycle });
    case 'ObligationsSettled':
      return settled(event.data);
    case 'VariationMarginCalculated':
    case 'PremiumCalculated':
    case 'ExerciseCalculated':
    case 'DeliveryCalculated':
    case 'FundingCalculated':
    case 'FeesCalculated':
      return obliged(event.data, obligationReasons[event.type]!);
    default:
      return [];
  }
}
