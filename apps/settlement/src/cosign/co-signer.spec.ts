import { describe, expect, it } from '@jest/globals';
import { recoverAddress } from 'viem';
import { batchDigest, type BatchHeader, openingsDigest } from '../batch/index.js';
import { SettlementRefused } from '../codes.js';
import { answerDigest } from '../exit/index.js';
import { CoSigner } from './co-signer.js';
import { ChainUnsure, StoreUnavailable } from './ports.js';
import {
  fakeParts,
  legOf,
  NOW,
  OTHER,
  policyOf,
  RAIL,
  requestFor,
  signer,
} from './testing/parts.js';

type Parts = ReturnType<typeof fakeParts>;

/** The code and field of the refusal; undefined where it signed. */
async function refusal(asked: Promise<unknown>): Promise<readonly [string, string] | undefined> {
  try {
    await asked;
    return undefined;
  } catch (error) {
    if (!(error instanceof SettlementRefused)) throw error;
    return [error.code, error.field];
  }
}

const signed = (parts: Parts) => [...parts.store.standing.values()].map(({ digest }) => digest);

describe('a co-signer asked for a batch', () => {
  it('signs what follows from its own log, and the same again', async () => {
    const parts = fakeParts();
    const cosigner = new CoSigner(parts.parts);
    const request = requestFor();
    const answer = await cosigner.batch(request);
    const digest = batchDigest(request.header, policyOf(RAIL));
    expect(answer).toEqual({ signer: signer.address, signature: answer.signature, digest });
    const recovered = await recoverAddress({ hash: digest, signature: answer.signature });
    expect(recovered.toLowerCase()).toBe(signer.address);
    expect(parts.store.standing.get('1')).toEqual({ digest, deadline: request.header.deadline });
    // Even where nothing would be signed any more: the answer may have been lost.
    parts.chain.newest = { ...parts.chain.newest, lastSeq: 1n, epoch: 2n };
    expect(await cosigner.batch(request)).toEqual(answer);
  });

  it('has the digest written down before it signs', async () => {
    const parts = fakeParts();
    let standing: unknown;
    const signing = {
      ...signer,
      sign: () => ((standing = signed(parts)), Promise.resolve('0x' as const)),
    };
    const { digest } = await new CoSigner({ ...parts.parts, signer: signing }).batch(requestFor());
    expect(standing).toEqual([digest]);
  });

  const other = `0x${'99'.repeat(32)}` as const;
  const bent: readonly (readonly [keyof BatchHeader, BatchHeader[keyof BatchHeader]])[] = [
    ['origin', other],
    ['cycle', 8n],
    ['leg', 2],
    ['payloadHash', other],
    ['logSize', 40n],
    ['logRoot', other],
    ['stateRoot', other],
    ['balanceRoot', other],
  ];
  it.each(bent)('refuses another %s than its log gives', async (field, value) => {
    const parts = fakeParts();
    const asked = new CoSigner(parts.parts).batch(requestFor(legOf(), { [field]: value }));
    expect(await refusal(asked)).toEqual(['8608_BATCH_DIFFERS', `header.${field}`]);
    expect(signed(parts)).toEqual([]);
  });

  const deposit = {
    rail: RAIL,
    number: 1,
    position: 3,
    index: 16,
    amount: 70n,
    transaction: '0xaa',
    block: 80,
    blockHash: '0xbb',
    logIndex: 0,
  };
  const logged = { number: 1, index: 16, amount: 70n, block: 80 };

  it('signs where every credited deposit is final on its own view of the chain', async () => {
    const parts = fakeParts();
    const second = { ...deposit, number: 2, position: 4, block: 85 };
    parts.copy.pending = [deposit, second, { ...deposit, number: 3, position: 99, block: 95 }];
    // The second stands in another block than it was credited in.
    parts.chain.logs = [logged, { ...logged, number: 2, block: 89 }];
    expect(await refusal(new CoSigner(parts.parts).batch(requestFor()))).toBeUndefined();
    expect(parts.store.checked).toBe(2);
    expect(parts.copy.pending.map(({ number }) => number)).toEqual([3]);
  });

  const refused: readonly (readonly [string, string, string, (parts: Parts) => unknown])[] = [
    [
      'a rail of nobody',
      '8603_RAIL_NOT_SIGNED',
      'rail',
      ({ parts }) => (parts.rails as unknown[]).pop(),
    ],
    [
      'a contract the log does not settle on',
      '8603_RAIL_NOT_SIGNED',
      'rail',
      ({ house }) => (house.railTerms = house.railTerms.map((t) => ({ ...t, ledger: other }))),
    ],
    ['a log it has not seen', '8604_COPY_BEHIND', 'log', ({ house }) => (house.size = 40)],
    [
      'a copy that was altered',
      '8605_COPY_ALTERED',
      'log position 9',
      ({ copy }) => (copy.broken = new SettlementRefused('COPY_ALTERED', 'log position 9', 'x')),
    ],
    [
      'a leg that is final for long',
      '8609_SEQ_NOT_NEXT',
      'header.seq',
      ({ house }) => {
        house.legs = [];
        house.final.set(RAIL, 1);
      },
    ],
    ['a leg it does not know', '8607_LEG_UNKNOWN', 'header.seq', ({ house }) => (house.legs = [])],
    [
      'a seq that is on chain',
      '8609_SEQ_NOT_NEXT',
      'header.seq',
      ({ chain }) => (chain.newest = { ...chain.newest, lastSeq: 1n }),
    ],
    [
      'another batch before it',
      '8609_SEQ_NOT_NEXT',
      'header.prevHash',
      ({ chain }) => (chain.newest = { ...chain.newest, lastHash: other }),
    ],
    [
      'a stale epoch',
      '8610_STALE_EPOCH',
      'header.epoch',
      ({ chain }) => (chain.newest = { ...chain.newest, epoch: 2n }),
    ],
    [
      'a deadline that has passed',
      '8611_DEADLINE_OUT_OF_RANGE',
      'header.deadline',
      ({ chain }) => (chain.newest = { ...chain.newest, time: NOW + 600n }),
    ],
    [
      'a deadline too far ahead',
      '8611_DEADLINE_OUT_OF_RANGE',
      'header.deadline',
      ({ chain }) => (chain.newest = { ...chain.newest, time: NOW - 301n }),
    ],
    [
      'a deposit that is not there',
      '8612_DEPOSIT_NOT_FINAL',
      `deposit ${RAIL}#1`,
      ({ copy }) => (copy.pending = [deposit]),
    ],
    [
      'a deposit that is not final',
      '8612_DEPOSIT_NOT_FINAL',
      `deposit ${RAIL}#1`,
      ({ copy, chain }) => {
        copy.pending = [{ ...deposit, block: 91 }];
        chain.logs = [{ ...logged, block: 91 }];
      },
    ],
    [
      'a deposit of more than arrived',
      '8620_DEPOSIT_DIFFERS',
      `deposit ${RAIL}#1`,
      ({ copy, chain }) => {
        copy.pending = [deposit];
        chain.logs = [{ ...logged, amount: 69n }];
      },
    ],
    [
      'a deposit for another account',
      '8620_DEPOSIT_DIFFERS',
      `deposit ${RAIL}#1`,
      ({ copy, chain }) => {
        copy.pending = [deposit];
        chain.logs = [{ ...logged, index: 17 }];
      },
    ],
    [
      'a deposit left out',
      '8620_DEPOSIT_DIFFERS',
      `deposit ${RAIL}#2`,
      ({ copy, chain }) => {
        copy.pending = [{ ...deposit, number: 2 }];
        chain.logs = [{ ...logged, number: 2 }];
      },
    ],
    [
      'a key that may have signed before',
      '8616_KEY_RETIRED',
      'signer',
      ({ parts }) => Object.assign(parts, { newKey: false }),
    ],
    [
      'more than the owner allows in a leg',
      '8614_LIMIT_EXCEEDED',
      'entries',
      ({ parts }) => Object.assign(parts, { rails: [{ ...policyOf(RAIL), maxGross: 49n }] }),
    ],
    [
      'more than the owner allows in a withdrawal',
      '8614_LIMIT_EXCEEDED',
      'withdrawals[17]',
      ({ parts }) => Object.assign(parts, { rails: [{ ...policyOf(RAIL), maxWithdrawal: 19n }] }),
    ],
    [
      'more legs than within an hour',
      '8614_LIMIT_EXCEEDED',
      'rail',
      ({ store }) => (store.lastHour = 10),
    ],
    [
      'providers that do not agree',
      '8617_CHAIN_UNKNOWN',
      'chain',
      ({ chain }) => (chain.fails = new ChainUnsure('two against one')),
    ],
    [
      'a database that is away',
      '8618_COSIGNER_UNAVAILABLE',
      'database',
      ({ store }) => (store.fails = new StoreUnavailable('no connection')),
    ],
  ];
  it.each(refused)('refuses %s', async (_what, code, field, bend) => {
    const parts = fakeParts();
    bend(parts);
    const asked = new CoSigner(parts.parts).batch(requestFor());
    expect(await refusal(asked)).toEqual([code, field]);
    expect(signed(parts)).toEqual([]);
  });

  it('signs a leg the log calls final where the chain has lost it', async () => {
    const parts = fakeParts();
    parts.house.final.set(RAIL, 1);
    expect(await refusal(new CoSigner(parts.parts).batch(requestFor()))).toBeUndefined();
  });

  it('refuses bytes that are not those of the hash', async () => {
    const { payload, ...request } = requestFor();
    const bytes = Uint8Array.from(payload).fill(1, 6, 7);
    const asked = new CoSigner(fakeParts().parts).batch({ ...request, payload: bytes });
    expect(await refusal(asked)).toEqual(['8608_BATCH_DIFFERS', 'payload']);
  });

  it('refuses to call a key that does not answer', async () => {
    const { parts } = fakeParts();
    const broken = { ...signer, sign: () => Promise.reject(new Error('locked')) };
    const asked = new CoSigner({ ...parts, signer: broken }).batch(requestFor());
    expect(await refusal(asked)).toEqual(['8618_COSIGNER_UNAVAILABLE', 'key']);
  });
});

describe('a co-signer asked for two batches of one seq', () => {
  const first = requestFor();
  const second = requestFor(legOf(), { deadline: first.header.deadline + 60n });

  it('signs one of them, however they arrive', async () => {
    const parts = fakeParts();
    const cosigner = new CoSigner(parts.parts);
    const outcomes = await Promise.all(
      [first, second, first].map((r) => refusal(cosigner.batch(r))),
    );
    expect(outcomes).toEqual([undefined, ['8615_ALREADY_SIGNED', 'header.seq'], undefined]);
    expect(signed(parts)).toHaveLength(1);
  });

  it('signs the other one once the first is proven dead on final blocks, and not a second earlier', async () => {
    const parts = fakeParts();
    const cosigner = new CoSigner(parts.parts);
    await cosigner.batch(first);
    const after = first.header.deadline + 1n;
    parts.chain.newest = { ...parts.chain.newest, time: after };
    const again = requestFor(legOf(), { deadline: after + 100n });
    for (const final of [
      { time: first.header.deadline, lastSeq: 0n },
      { time: after, lastSeq: 1n },
    ]) {
      parts.chain.finality = { ...parts.chain.finality, ...final };
      expect(await refusal(cosigner.batch(again))).toEqual(['8615_ALREADY_SIGNED', 'header.seq']);
    }
    parts.chain.finality = { ...parts.chain.finality, time: after, lastSeq: 0n };
    const { digest } = await cosigner.batch(again);
    expect(signed(parts)).toEqual([digest]);
  });
});

describe('the gate', () => {
  /** The house pays 30 on this rail; on the other it collects them in the same cycle. */
  const paying = legOf({ houseDelta: '-30' });
  const collecting = legOf({ rail: OTHER, houseDelta: '30' });

  it.each([
    ['the collecting leg is final', [collecting], 0, 1n, undefined],
    ['the collecting leg is not final', [collecting], 0, 0n, '8613_GATE_CLOSED'],
    ['the log says it is final, the chain does not', [], 1, 0n, '8613_GATE_CLOSED'],
    ['the log says it is final, and so does the chain', [], 1, 1n, undefined],
    ['nothing was collected elsewhere', [], 0, 0n, undefined],
    ['another cycle collects', [{ ...collecting, cycle: 8 }], 0, 0n, undefined],
  ])('where %s', async (_what, others, journalSays, chainSays, code) => {
    const parts = fakeParts();
    parts.house.legs = [paying, ...others];
    parts.house.final.set(OTHER, journalSays);
    parts.otherChain.finality = { ...parts.otherChain.finality, lastSeq: chainSays };
    const outcome = await refusal(new CoSigner(parts.parts).batch(requestFor(paying)));
    expect(outcome?.[0]).toBe(code);
  });

  it('is nothing to a leg that collects', async () => {
    const parts = fakeParts();
    const leg = legOf({ houseDelta: '30' });
    parts.house.legs = [leg, legOf({ rail: OTHER, houseDelta: '10' })];
    expect(await refusal(new CoSigner(parts.parts).batch(requestFor(leg)))).toBeUndefined();
  });
});

describe('a key whose database is new', () => {
  const LONGEST = 1_800n;
  it('may sign where it was no operator yet', async () => {
    const parts = fakeParts();
    parts.chain.operator = false;
    const cosigner = new CoSigner({ ...parts.parts, newKey: false });
    await cosigner.begin();
    parts.chain.operator = true;
    expect(await refusal(cosigner.batch(requestFor()))).toBeUndefined();
  });

  it('is not believed to be new where batches were settled', async () => {
    const parts = fakeParts();
    const leg = legOf({ seq: 5 });
    parts.house.legs = [leg];
    parts.chain.newest = { ...parts.chain.newest, lastSeq: 4n };
    const asked = new CoSigner(parts.parts).batch(requestFor(leg));
    expect(await refusal(asked)).toEqual(['8616_KEY_RETIRED', 'signer']);
  });

  it('signs again when all it may have signed has passed its deadline on final blocks', async () => {
    const parts = fakeParts();
    const cosigner = new CoSigner({ ...parts.parts, newKey: false });
    await cosigner.begin();
    const over = NOW + LONGEST;
    parts.chain.newest = { ...parts.chain.newest, time: over + 50n };
    const request = requestFor(legOf(), { deadline: over + 100n });
    parts.chain.finality = { ...parts.chain.finality, time: over };
    expect(await refusal(cosigner.batch(request))).toEqual(['8616_KEY_RETIRED', 'signer']);
    parts.chain.finality = { ...parts.chain.finality, time: over + 1n };
    expect(await refusal(cosigner.batch(request))).toBeUndefined();
  });
});

describe('a co-signer asked for openings', () => {
  const owner = `0x${'0a'.repeat(20)}` as const;
  const asked = { rail: RAIL, openings: [{ index: 16, owner }], epoch: 1n, deadline: NOW + 60n };

  it('signs those its log knows', async () => {
    const { digest, signature } = await new CoSigner(fakeParts().parts).openings(asked);
    expect(digest).toBe(openingsDigest(asked.openings, asked, policyOf(RAIL)));
    const recovered = await recoverAddress({ hash: digest, signature });
    expect(recovered.toLowerCase()).toBe(signer.address);
  });

  it.each([
    ['8619_OPENING_DIFFERS', { openings: [{ index: 16, owner: `0x${'0b'.repeat(20)}` as const }] }],
    ['8604_COPY_BEHIND', { openings: [{ index: 18, owner }] }],
    ['8603_RAIL_NOT_SIGNED', { rail: '9/USDT' }],
    ['8610_STALE_EPOCH', { epoch: 2n }],
    ['8611_DEADLINE_OUT_OF_RANGE', { deadline: NOW }],
  ])('refuses with %s', async (code, more) => {
    const outcome = new CoSigner(fakeParts().parts).openings({ ...asked, ...more });
    expect((await refusal(outcome))?.[0]).toBe(code);
  });
});

describe('a co-signer asked to answer a forced exit', () => {
  const asked = { rail: RAIL, number: 3n, index: 16, reason: 'MARGIN', deadline: NOW + 60n };

  it('signs the reason its own log gives', async () => {
    const parts = fakeParts();
    const { digest, signature } = await new CoSigner(parts.parts).answer(asked);
    const { forcedExit } = parts.chain.request;
    expect(digest).toBe(answerDigest(asked, { chainId: 1, forcedExit }));
    const recovered = await recoverAddress({ hash: digest, signature });
    expect(recovered.toLowerCase()).toBe(signer.address);
  });

  const refused: readonly (readonly [string, string, (parts: Parts) => unknown])[] = [
    [
      '8621_EXIT_UNKNOWN',
      'number',
      ({ chain }) => (chain.request = { ...chain.request, number: 4n }),
    ],
    [
      '8621_EXIT_UNKNOWN',
      'number',
      ({ chain }) => (chain.request = { ...chain.request, left: 0n }),
    ],
    ['8604_COPY_BEHIND', 'log', ({ house }) => (house.credited = 69n)],
    ['8604_COPY_BEHIND', 'log', ({ copy }) => (copy.cutAgo = 3_600_001)],
    ['8622_EXIT_PAYABLE', 'rail', ({ house }) => house.final.set(RAIL, 1)],
    [
      '8622_EXIT_PAYABLE',
      'reason',
      ({ house }) => (house.standing = { is: 'bound', reason: 'DEBT' }),
    ],
    [
      '8622_EXIT_PAYABLE',
      'reason',
      ({ house }) => (house.standing = { is: 'payable', account: 'A', amount: 1n }),
    ],
    [
      '8622_EXIT_PAYABLE',
      'reason',
      ({ house }) => (house.standing = { is: 'waiting', code: 'RAIL_FROZEN', reason: 'x' }),
    ],
    [
      '8603_RAIL_NOT_SIGNED',
      'rail',
      ({ house }) => (house.railTerms = house.railTerms.map((t) => ({ ...t, ledger: '0x' }))),
    ],
    [
      '8611_DEADLINE_OUT_OF_RANGE',
      'deadline',
      ({ chain }) => (chain.newest = { ...chain.newest, time: NOW + 60n }),
    ],
    ['8617_CHAIN_UNKNOWN', 'chain', ({ chain }) => (chain.fails = new ChainUnsure('x'))],
  ];
  it.each(refused)('refuses with %s on %s', async (code, field, bend) => {
    const parts = fakeParts();
    bend(parts);
    expect(await refusal(new CoSigner(parts.parts).answer(asked))).toEqual([code, field]);
  });
});
