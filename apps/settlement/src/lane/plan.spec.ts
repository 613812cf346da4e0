import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Action, type Attempt, type FeePolicy, type Job, planLane } from './plan.js';

const GWEI = 10n ** 9n;
const CAP = 500n * GWEI;

const capped = (maxFee: bigint, tip: bigint): { maxFee: bigint; tip: bigint } | undefined =>
  maxFee > CAP ? undefined : { maxFee, tip };
/** A plain policy: twice the base fee and the tip; an eighth more to replace. */
const fees: FeePolicy = {
  fresh: (baseFee) => capped(2n * baseFee + GWEI, GWEI),
  replacing: (previous, baseFee) => {
    const more = (fee: bigint): bigint => fee + fee / 8n + 1n;
    const needed = 2n * baseFee + more(previous.tip);
    const raised = more(previous.maxFee);
    return capped(raised > needed ? raised : needed, more(previous.tip));
  },
};
const policy = { fees, replaceAfterMs: 1_000, pipeline: 4 };

const job = (id: string): Job => ({ id, to: `0x${'1'.repeat(40)}`, data: '0x', gas: 21_000n });
const attempt = (nonce: number, id: string | undefined, createdAt = 0): Attempt => ({
  hash: `0x${id ?? 'gap'}${nonce}`,
  nonce,
  job: id,
  raw: '0x',
  maxFee: 3n * GWEI,
  tip: GWEI,
  createdAt,
});
const calm = { mined: 7, attempts: [], wanted: [], baseFee: GWEI, now: 10 };
/** An action in short: what, nonce, job. */
const short = (action: Action): string => {
  if (action.do === 'resend') return `resend ${action.attempt.nonce} ${action.attempt.job ?? '-'}`;
  const id = action.do === 'attempt' ? action.job?.id : action.job;
  return `${action.do} ${action.nonce} ${id ?? '-'}`;
};
const planned = (state: Partial<Parameters<typeof planLane>[0]>): string[] =>
  planLane({ ...calm, ...state }, policy).map(short);

describe('a lane', () => {
  it('does nothing where nothing is wanted, and gives the next nonces to what is, four at a time', () => {
    expect(planned({})).toEqual([]);
    const wanted = ['a', 'b', 'c', 'd', 'e'].map(job);
    expect(planned({ wanted })).toEqual([
      'attempt 7 a',
      'attempt 8 b',
      'attempt 9 c',
      'attempt 10 d',
    ]);
  });

  it('repeats what is under way, and replaces it with one that pays more when it is overdue', () => {
    const state = { attempts: [attempt(7, 'a')], wanted: [job('a')] };
    expect(planned(state)).toEqual(['resend 7 a']);
    expect(planned({ ...state, now: 1_000 })).toEqual(['attempt 7 a']);
  });

  it('fills a gap below something under way, with a job where one waits', () => {
    const state = { attempts: [attempt(9, 'c')], wanted: [job('c')] };
    expect(planned(state)).toEqual(['attempt 7 -', 'attempt 8 -', 'resend 9 c']);
    expect(planned({ ...state, wanted: [job('c'), job('a')] })).toEqual([
      'attempt 7 a',
      'attempt 8 -',
      'resend 9 c',
    ]);
  });

  it('gives the nonce of what is not wanted any more to what is, and else leaves it', () => {
    const attempts = [attempt(7, 'old')];
    expect(planned({ attempts })).toEqual([]);
    expect(planned({ attempts, wanted: [job('new')] })).toEqual(['attempt 7 new']);
    const above = { attempts: [...attempts, attempt(8, 'b')], wanted: [job('b')] };
    expect(planned(above)).toEqual(['attempt 7 -', 'resend 8 b']);
  });

  it('waits where the policy allows no such fee, and goes on repeating what is there', () => {
    const dear = { baseFee: 300n * GWEI, now: 5_000, wanted: [job('a')] };
    expect(planned(dear)).toEqual(['wait-for-fees 7 a']);
    const [action] = planLane({ ...calm, ...dear, attempts: [attempt(7, 'a')] }, policy);
    expect(action).toMatchObject({ do: 'resend', capped: true });
  });

  // What may happen between two turns: blocks, lost pools, reorganisations, another submitter with the same key.
  const event = fc.oneof(
    { weight: 4, arbitrary: fc.constant('turn' as const) },
    { weight: 3, arbitrary: fc.constant('mine' as const) },
    { weight: 1, arbitrary: fc.constant('lose-pool' as const) },
    { weight: 1, arbitrary: fc.constant('reorg' as const) },
    { weight: 1, arbitrary: fc.constant('foreign' as const) },
    { weight: 1, arbitrary: fc.constant('want' as const) },
  );

  it('gets every job into a block, whatever happens on the way', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), (events) => {
        const chain: (string | undefined)[] = [];
        const journal: Attempt[] = [];
        const pool = new Map<number, Attempt>();
        let asked = 0;
        let now = 0;
        const wanted = (): Job[] =>
          Array.from({ length: asked }, (_, n) => job(`j${n}`)).filter(
            ({ id }) => !chain.includes(id),
          );
        const turn = (): void => {
          now += 300;
          const mined = chain.length;
          const attempts = journal.filter(({ nonce }) => nonce >= mined);
          const actions = planLane(
            { mined, attempts, wanted: wanted(), baseFee: GWEI, now },
            policy,
          );
          const nonces = actions.map((a) => (a.do === 'resend' ? a.attempt.nonce : a.nonce));
          expect(new Set(nonces).size).toBe(nonces.length);
          expect(Math.min(mined, ...nonces)).toBe(mined);
          for (const action of actions) {
            if (action.do === 'wait-for-fees') continue;
            const sent =
              action.do === 'resend'
                ? action.attempt
                : { ...attempt(action.nonce, action.job?.id, now), ...action.fees };
            if (action.do === 'attempt') {
              const paid = journal.filter(({ nonce }) => nonce === sent.nonce).at(-1);
              // The rule of geth's pool.
              if (paid) expect(sent.maxFee * 10n >= paid.maxFee * 11n).toBe(true);
              journal.push(sent);
            }
            const there = pool.get(sent.nonce);
            if (!there || there.maxFee < sent.maxFee) pool.set(sent.nonce, sent);
          }
        };
        const mine = (): void => {
          for (let next = pool.get(chain.length); next; next = pool.get(chain.length)) {
            pool.delete(next.nonce);
            chain.push(next.job);
          }
        };
        for (const each of events) {
          if (each === 'turn') turn();
          if (each === 'mine') mine();
          if (each === 'lose-pool') pool.clear();
          if (each === 'reorg') chain.splice(-2);
          if (each === 'foreign') chain.push(undefined);
          if (each === 'want') asked += 1;
        }
        for (let left = asked + 30; left > 0 && wanted().length > 0; left -= 1) {
          turn();
          mine();
        }
        expect(wanted()).toEqual([]);
        // A job may be in two blocks only where the chain itself forgot the first: the contract refuses the second.
        if (!events.includes('reorg')) {
          const jobs = chain.filter((id) => id !== undefined);
          expect(new Set(jobs).size).toBe(jobs.length);
        }
      }),
      { numRuns: 300 },
    );
  });
});
