import type { HouseState } from '#ledger';
import { pretty } from '../render/decimal.js';
import { table } from '../render/table.js';
import { bold, green, red } from '../terminal/progress.js';
import { requirementsTable } from './margin.js';
import { USDT_SCALE, notional, notionals } from './notional.js';
import { chainsAgree, settledLines, settledTable } from './settled.js';
import { holds, marginRows, totals, tradesPerSecond, type Outcome } from './outcome.js';

const TOP_MEMBERS = 10;
const right = (title: string): { title: string; align: 'right' } => ({ title, align: 'right' });

/** The demo's result as text for people. */
export function renderReport(outcome: Outcome, options: { readonly all?: boolean } = {}): string {
  return [
    membersTable(outcome, options.all === true),
    instrumentsTable(outcome),
    marginTable(outcome),
    ...(outcome.margin ? [requirementsTable(outcome.margin, options.all === true)] : []),
    settledTable(outcome.settlement),
    ...notes(outcome),
    `Signed checkpoint\n${outcome.checkpoint.note.trimEnd()}`,
    summary(outcome),
  ].join('\n\n');
}

interface AccountRow {
  readonly member: string;
  readonly cells: readonly string[];
  readonly net: bigint;
}

/** One row per account, for client and house money never net; members in order of their open notional. */
function membersTable({ state }: Outcome, all: boolean): string {
  const carried = [...state.instruments.values()]
    .map(({ spec }) => spec)
    .filter(({ kind }) => kind !== 'spot');
  const assets = [...state.assets.values()];
  const rows: AccountRow[] = [...state.accounts.values()].map(({ account, member }) => {
    const held = carried.map(
      ({ instrument }) => state.positionsOf.get(instrument)?.get(account)?.quantity ?? 0n,
    );
    const net = carried.reduce((sum, spec, index) => {
      const quantity = held[index] ?? 0n;
      return sum + notional(state, spec, quantity < 0n ? -quantity : quantity);
    }, 0n);
    const cells = [
      member,
      account,
      ...carried.map((spec, index) => pretty(held[index] ?? 0n, spec.quantityScale)),
      ...assets.map(({ asset, scale }) => pretty(cashOf(state, account, asset), scale, 4)),
      pretty(net, USDT_SCALE, 0),
    ];
    return { member, cells, net };
  });
  const order = membersByNotional(rows);
  const shown = all ? order : order.slice(0, TOP_MEMBERS);
  const footer = [
    `all ${order.length}`,
    `${rows.length}`,
    ...carried.map((spec) => pretty(sumOf(state, spec.instrument), spec.quantityScale)),
    ...assets.map(({ asset, scale }) =>
      pretty(
        [...state.accounts.keys()].reduce((sum, id) => sum + cashOf(state, id, asset), 0n),
        scale,
        4,
      ),
    ),
    pretty(
      rows.reduce((sum, { net }) => sum + net, 0n),
      USDT_SCALE,
      0,
    ),
  ];
  const title = all
    ? 'Netted positions and cash, per account'
    : `Netted positions and cash: the ${shown.length} members with the most open (--all shows all)`;
  return table(
    [
      { title: 'member' },
      { title: 'account' },
      ...carried.map(({ instrument }) => right(instrument)),
      ...assets.map(({ asset }) => right(`cash ${asset}`)),
      right('open USDT'),
    ],
    shown
      .flatMap((member) => rows.filter((row) => row.member === member))
      .map(({ cells }) => cells),
    { title, footer: [footer] },
  );
}

function membersByNotional(rows: readonly AccountRow[]): readonly string[] {
  const open = new Map<string, bigint>();
  for (const { member, net } of rows) open.set(member, (open.get(member) ?? 0n) + net);
  return [...open].sort(([, a], [, b]) => (a < b ? 1 : a > b ? -1 : 0)).map(([member]) => member);
}

const cashOf = (state: HouseState, account: string, asset: string): bigint =>
  state.books.get(asset)?.get(`A/${account}/cash`) ?? 0n;

function sumOf(state: HouseState, instrument: string): bigint {
  let sum = 0n;
  for (const { quantity } of state.positionsOf.get(instrument)?.values() ?? []) sum += quantity;
  return sum;
}

function instrumentsTable(outcome: Outcome): string {
  const { state, facts } = outcome;
  const rows = notionals(state, facts).map(({ instrument, gross, net }) => {
    const scale = state.instruments.get(instrument)?.spec.priceScale ?? 0;
    const settled = state.settled.get(instrument);
    const stale = facts.stale.get(instrument) ?? [];
    return [
      instrument,
      settled ? pretty(settled.price, scale) : '-',
      settled?.stale === true ? `stale since cycle ${Math.min(...stale)}` : 'fresh',
      pretty(gross, USDT_SCALE, 2),
      pretty(net, USDT_SCALE, 2),
      percent(gross, net),
    ];
  });
  const { gross, net } = totals(outcome);
  const all = [
    'all',
    '',
    '',
    pretty(gross, USDT_SCALE, 2),
    pretty(net, USDT_SCALE, 2),
    percent(gross, net),
  ];
  return table(
    [
      { title: 'instrument' },
      right('last settled price'),
      { title: 'mark' },
      right('gross USDT'),
      right('net USDT'),
      right('netted away'),
    ],
    rows,
    { title: 'Notional at the last mark, both legs', footer: [all] },
  );
}

function percent(gross: bigint, net: bigint): string {
  if (gross === 0n) return '-';
  return `${pretty(((gross - net) * 10_000n) / gross, 2)} %`;
}

function marginTable(outcome: Outcome): string {
  const rows = marginRows(outcome).map(({ cycle, asset, paid, received, rounding }) => {
    const scale = outcome.state.assets.get(asset)?.scale ?? 0;
    const sum = received - paid + rounding;
    const amounts = [paid, received, rounding].map((units) => pretty(units, scale));
    return [String(cycle), asset, ...amounts, sum === 0n ? '0' : pretty(sum, scale)];
  });
  return table(
    [
      right('cycle'),
      { title: 'asset' },
      right('paid'),
      right('received'),
      right('to rounding'),
      right('sum'),
    ],
    rows,
    { title: 'Variation margin: received - paid + rounding' },
  );
}

function notes({ facts, state }: Outcome): readonly string[] {
  const stale = [...facts.stale].map(
    ([instrument, cycles]) => `  ${instrument}: cycles ${cycles.join(', ')}`,
  );
  const short = facts.shortfalls.map(({ cycle, account, asset, amount }) => {
    const scale = state.assets.get(asset)?.scale ?? 0;
    return `  cycle ${cycle}: ${account} ${pretty(amount, scale)} ${asset}`;
  });
  return [
    ...(stale.length === 0 ? [] : [['Stale marks, carried from before:', ...stale].join('\n')]),
    short.length === 0 ? 'Shortfalls: none' : ['Shortfalls:', ...short].join('\n'),
  ];
}

function summary(outcome: Outcome): string {
  const { facts, input, verify, checkpoint, stateHash, chainHash, replayHash } = outcome;
  const { ratio } = totals(outcome);
  const equal = replayHash === stateHash;
  const word = (ok: boolean, yes: string, no: string): string => (ok ? green(yes) : red(no));
  const rate = pretty(BigInt(tradesPerSecond(facts)), 0);
  const margin = outcome.margin;
  const lines = [
    [
      'trades',
      `${pretty(BigInt(facts.accepted), 0)} of ${pretty(BigInt(input.trades), 0)} accepted`,
    ],
    ['inputs rejected', String(facts.rejected)],
    ['speed', `${rate} trades/s, first input to last cut in ${facts.clearingSeconds.toFixed(2)} s`],
    ['netting ratio', ratio.toFixed(6)],
    ['journal', `${facts.events} events in ${facts.batches} batches, ${outcome.services.journal}`],
    ...(margin === undefined
      ? []
      : [
          ['risk model', margin.modelId],
          [
            'requirements',
            word(margin.recomputed, 'equal: computed again from the state', 'DIFFER'),
          ],
        ]),
    ['chain hash', chainHash],
    ['state hash', bold(stateHash)],
    ['replay', word(equal, 'equal: folded again from position 0', `DIFFERS: ${replayHash}`)],
    ['verify', word(verify.ok, `ok: ${verify.batches} batches`, 'FAILED')],
    [
      'checkpoint',
      word(checkpoint.verified, `verified over all ${checkpoint.size} events`, 'DOES NOT HOLD'),
    ],
    ...settledLines(outcome.settlement),
    [
      'settlement',
      word(chainsAgree(outcome.settlement), 'equal: ledger and contracts, unit by unit', 'DIFFERS'),
    ],
    ['result', word(holds(outcome), 'everything agrees', 'SOMETHING DOES NOT HOLD')],
    ['seconds', outcome.seconds.toFixed(1)],
  ];
  return lines.map(([name = '', value]) => `${name.padEnd(16)} ${value}`).join('\n');
}
