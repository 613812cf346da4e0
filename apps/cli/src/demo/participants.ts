/**
 * Who takes part in the demo. The tape is real; the members are invented: M01 to M50, each with a house account,
 * some with client accounts, three with an isolated one, so that every kind of account is cleared.
 */
export interface DemoAccount {
  readonly account: string;
  readonly member: string;
  readonly segregation: 'house' | 'client-omnibus' | 'client-individual';
  readonly margin: 'cross' | 'isolated';
  readonly isolatedInstrument?: string;
}

/** The one instrument the demo's isolated accounts hold. */
export const ISOLATED_INSTRUMENT = 'BTC-USDT-PERP';

export const members: readonly string[] = Array.from(
  { length: 50 },
  (_, index) => `M${String(index + 1).padStart(2, '0')}`,
);

/** In the order the counterparty rule counts them: by member, then house, clients, isolated. */
export const accounts: readonly DemoAccount[] = members.flatMap((member, index) => {
  const number = index + 1;
  const cross = { member, margin: 'cross' } as const;
  const own: DemoAccount[] = [{ ...cross, account: `${member}-H`, segregation: 'house' }];
  if (number % 7 === 0) {
    own.push({ ...cross, account: `${member}-C`, segregation: 'client-omnibus' });
  }
  if (number % 11 === 0) {
    own.push({ ...cross, account: `${member}-C1`, segregation: 'client-individual' });
  }
  if (number % 13 === 0) {
    own.push({
      account: `${member}-P`,
      member,
      segregation: 'house',
      margin: 'isolated',
      isolatedInstrument: ISOLATED_INSTRUMENT,
    });
  }
  return own;
});

/** The accounts that may hold an instrument, in the order of `accounts`. */
export function eligibleAccounts(instrument: string): readonly string[] {
  return accounts
    .filter(({ isolatedInstrument }) => (isolatedInstrument ?? instrument) === instrument)
    .map(({ account }) => account);
}
