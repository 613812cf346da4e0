import { SetMetadata } from '@nestjs/common';
import { type PersonalReader, personalPlace, type SealedPlace } from '#events';
import type { Statement } from '../statement/statement.js';

export const PERSONAL = 'novate:personal';

/** States that a route's answer holds opened personal fields: nobody on the way may keep it. */
export const Personal = () => SetMetadata(PERSONAL, true);

/** Rows with one of their fields opened; a field whose key was destroyed is absent, and `erased` says why. */
async function opened<F extends string, R extends Readonly<Record<F, string>>>(
  reader: PersonalReader,
  field: F,
  rows: readonly R[],
  placeOf: (row: R) => SealedPlace,
): Promise<readonly OpenedRow<F, R>[]> {
  const fields = rows.map((row) => ({ text: row[field], place: placeOf(row) }));
  const texts = await reader.open(fields);
  return rows.map((row, i) => {
    const { [field]: _, ...rest } = row;
    const found = texts[i];
    const shown = found?.text === undefined ? { erased: true as const } : { [field]: found.text };
    return { ...rest, ...shown } as OpenedRow<F, R>;
  });
}
type OpenedRow<F extends string, R> = Omit<R, F> & {
  readonly [K in F]?: string;
} & { readonly erased?: true };

interface MemberRow {
  readonly member: string;
  readonly name: string;
  readonly suspended: boolean;
}

export const openMembers = (reader: PersonalReader, rows: readonly MemberRow[]) =>
  opened(reader, 'name', rows, ({ member }) => personalPlace('MemberRegistered', member));

interface WithDestination {
  readonly withdrawalId: string;
  readonly destination: string;
}

export const openWithdrawals = <R extends WithDestination>(
  reader: PersonalReader,
  rows: readonly R[],
) => opened(reader, 'destination', rows, destinationOf);

const destinationOf = ({ withdrawalId }: WithDestination): SealedPlace =>
  personalPlace('WithdrawalRequested', withdrawalId);

/** A statement as it is shown. */
export type ShownStatement = Omit<Statement, 'pendingWithdrawals'> & {
  readonly pendingWithdrawals: Awaited<
    ReturnType<typeof openWithdrawals<Statement['pendingWithdrawals'][number]>>
  >;
};

export async function openStatement(
  reader: PersonalReader,
  statement: Statement,
): Promise<ShownStatement> {
  const pendingWithdrawals = await openWithdrawals(reader, statement.pendingWithdrawals);
  return { ...statement, pendingWithdrawals };
}
