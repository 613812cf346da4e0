import { describe, expect, it } from '@jest/globals';
import { evolve, gateOpen, next, type RailInput, type RailState, watched } from './index.js';
import {
  asked,
  given,
  hashOf,
  head,
  leg,
  ready,
  refused,
  sealed,
  sealing,
  sent,
  signed,
  statusOf,
  view,
  when,
} from './testing/given.js';

const one = sealing('a');
const broadcast = [...ready(1, one, 'a'), sent(1, 'a')];
const included = [...broadcast, view(head(20, ['a']))];
const final = [...included, view(head(29, ['a']), head(25, ['a']), head(21, ['a']))];
const handed: RailInput[] = [...final, { kind: 'handed', seq: 1 }];
const reconciled: RailInput[] = [...handed, { kind: 'compared', seq: 1 }];
const nothing = head(30, [], 30);

const effects = (rail: RailState, blockTime = 0): string[] =>
  next(rail, { blockTime, gateOpen: () => true }).map((each) => `${each.do} ${each.seq}`);

describe('a batch on its way', () => {
  it.each<[string, readonly RailInput[], string, string[]]>([
    ['due', [leg(1)], 'DRAFT', ['seal 1']],
    ['sealed', [leg(1), sealed(1, one)], 'SEALED', ['ask 1']],
    ['asked about', [leg(1), sealed(1, one), asked(1, 'a')], 'COSIGNING', ['ask 1']],
    ['signed by one', [leg(1), sealed(1, one), signed(1, 'a', 1)], 'SEALED', ['ask 1']],
    ['signed by two', ready(1, one, 'a'), 'READY', ['submit 1']],
    ['sent', broadcast, 'BROADCAST', ['submit 1']],
    ['in a block', included, 'INCLUDED', []],
    ['safe', [...included, view(head(24, ['a']), head(20, ['a']))], 'SAFE', []],
    ['final', final, 'FINAL', ['hand 1']],
    ['known to the house', handed, 'FINAL', ['compare 1']],
    ['reconciled', reconciled, 'RECONCILED', []],
  ])('is %s', (_what, inputs, status, then) => {
    const rail = given(inputs);
    expect(statusOf(rail, 1)).toBe(status);
    expect(effects(rail)).toEqual(then);
  });

  it('is final where its rail says so, and need not be safe before', () => {
    const safe = view(head(24, ['a']), head(20, ['a']));
    expect(when(given(broadcast, 'safe'), safe, 'safe')).toEqual([
      'BatchIncluded',
      'BatchSafe',
      'BatchFinal',
    ]);
    expect(when(given(broadcast), view(head(20, ['a'])), 'latest')).toEqual([
      'BatchIncluded',
      'BatchFinal',
    ]);
  });

  it('counts whoever sent it, and before it was known to be signed', () => {
    expect(when(given([leg(1), sealed(1, one)]), view(head(20, ['a'])))).toEqual(['BatchIncluded']);
  });

  it.each<[string, readonly RailInput[], RailInput]>([
    ['a leg twice', [leg(1)], leg(1)],
    ['a leg too far', [leg(1)], leg(3)],
    ['a second sealing', [leg(1), sealed(1, one)], sealed(1, sealing('b'))],
    ['a batch that is not due', [leg(1)], sealed(2, sealing('b', 'a'))],
    ['a signature twice', [leg(1), sealed(1, one), signed(1, 'a', 1)], signed(1, 'a', 1)],
    ['a signature of another digest', [leg(1), sealed(1, one)], signed(1, 'b', 1)],
    [
      'a refusal by who has signed',
      [leg(1), sealed(1, one), signed(1, 'a', 1)],
      refused(1, 'a', 1),
    ],
    ['a hand-over before it is final', included, { kind: 'handed', seq: 1 }],
    ['a hand-over twice', handed, { kind: 'handed', seq: 1 }],
    ['a comparison before the house knows', final, { kind: 'compared', seq: 1 }],
    ['an attempt once it is included', included, sent(1, 'a')],
    ['a view that shows what is known', included, view(head(21, ['a']))],
    [
      'a view in which nobody asked for its hash',
      broadcast,
      view({ ...head(20, ['a']), hashes: new Map() }),
    ],
    ['a provider that lags', included, view(head(19, []))],
    ['a resume of what runs', broadcast, { kind: 'resume', seq: 1, by: 'operator' }],
    ['a report nobody owes', reconciled, { kind: 'reported', seq: 1 }],
  ])('is not moved by %s', (_what, inputs, input) => {
    expect(when(given(inputs), input)).toEqual([]);
  });
});

describe('one batch in the air', () => {
  const both = [...included, leg(2)];

  it('seals the next over the digest of the one before once that is final', () => {
    expect(effects(given(both))).toEqual([]);
    expect(when(given(both), sealed(2, sealing('b', 'a')))).toEqual([]);
    const rail = given([...final, leg(2)]);
    const seal = next(rail, { blockTime: 0, gateOpen: () => true }).find(
      (each) => each.do === 'seal',
    );
    expect(seal).toEqual({ do: 'seal', seq: 2, prevHash: hashOf('a') });
    expect(when(rail, sealed(2, sealing('b', 'x')))).toEqual([]);
    expect(when(rail, sealed(2, sealing('b', 'a')))).toEqual(['BatchSealed']);
  });

  it('waits at a closed gate', () => {
    expect(next(given([leg(1)]), { blockTime: 0, gateOpen: () => false })).toEqual([]);
  });
});

describe('blocks that are taken back', () => {
  it('makes it ready again with the same bytes', () => {
    const rail = given(included);
    expect(when(rail, view(head(20, [])))).toEqual(['BatchReorged', 'BatchReady']);
    const after = given([...included, view(head(20, []))]);
    expect(statusOf(after, 1)).toBe('READY');
    expect(after.batches[0]?.sealings).toEqual([one]);
    expect(after.batches[0]?.signatures.size).toBe(2);
    expect(effects(after)).toEqual(['submit 1']);
  });

  it('raises the alarm where the block was final, and converges without telling the house twice', () => {
    expect(when(given(reconciled), view(nothing))).toEqual(['FinalityLost', 'BatchReady']);
    const rail = given([...reconciled, view(nothing)]);
    expect(effects(rail)).toEqual(['report 1', 'alarm 1', 'submit 1']);
    expect(rail.violations).toEqual([{ seq: 1, block: 21, was: hashOf('block 21') }]);
    const again = given([
      ...reconciled,
      view(nothing),
      { kind: 'reported', seq: 1 },
      view(head(40, ['a']), head(36, ['a']), head(32, ['a'])),
    ]);
    expect(effects(again)).toEqual(['compare 1']);
    expect(again.violations).toEqual([]);
  });

  it('is FINALITY_VIOLATION and REORGED in between', () => {
    const violation = { seq: 1, block: 21, was: hashOf('block 21') };
    const lost = evolve(given(final), { type: 'FinalityLost', seq: 1, violation });
    expect(statusOf(lost, 1)).toBe('FINALITY_VIOLATION');
    const back = evolve(given(included), { type: 'BatchReorged', seq: 1 });
    expect(statusOf(back, 1)).toBe('REORGED');
    expect(back.batches[0]).not.toHaveProperty('inclusion');
  });

  it('sends what was lost before what follows it', () => {
    const second = [
      ...reconciled,
      leg(2),
      sealed(2, sealing('b', 'a')),
      signed(2, 'b', 1),
      signed(2, 'b', 2),
    ];
    expect(effects(given(second))).toEqual(['submit 2']);
    expect(effects(given([...second, view(nothing)]))).toContain('submit 1');
    expect(effects(given([...second, view(nothing)]))).not.toContain('submit 2');
  });

  it('watches what is on its way and the last that is reconciled', () => {
    expect(watched(given([...reconciled, leg(2), leg(3)]))).toEqual([1, 2, 3]);
    const two = sealing('b', 'a');
    const chain = ['a', 'b'];
    const second: RailInput[] = [
      ...[
        ...reconciled,
        leg(2),
        sealed(2, two),
        view(head(40, chain), head(36, chain), head(32, chain)),
      ],
      ...([{ kind: 'handed', seq: 2 }, { kind: 'compared', seq: 2 }, leg(3)] as const),
    ];
    expect(watched(given(second))).toEqual([2, 3]);
  });
});

describe('a batch that expires', () => {
  it('is dead only when a final block is past its deadline without it', () => {
    const late = head(30, [], 101);
    expect(when(given(broadcast), view(late, late, head(22, [], 100)))).toEqual([]);
    expect(effects(given(broadcast), 101)).toEqual([]);
    expect(when(given(broadcast), view(late, late, late))).toEqual(['BatchExpired']);
    expect(when(given([...broadcast, view(late, late, late)]), view(late, late, late))).toEqual([]);
  });

  it('is sealed again for the same leg, and asks for new signatures', () => {
    const late = head(30, [], 101);
    const expired = [...broadcast, view(late, late, late)];
    expect(effects(given(expired))).toEqual(['seal 1']);
    const again = given([...expired, sealed(1, sealing('a2', '', 300))]);
    expect(statusOf(again, 1)).toBe('SEALED');
    expect(again.batches[0]?.signatures.size).toBe(0);
    expect(again.batches[0]?.sealings).toHaveLength(2);
  });

  it('is taken for the leg where a chain that was rewound has it after all', () => {
    const late = head(30, [], 101);
    const again = [...broadcast, view(late, late, late), sealed(1, sealing('a2', '', 300))];
    expect(when(given(again), view(head(31, ['a'])))).toEqual(['BatchIncluded']);
    const swapped = [
      ...again,
      view(head(31, ['a'])),
      view(head(32, ['a']), head(32, ['a']), head(32, ['a'])),
    ];
    expect(statusOf(given(swapped), 1)).toBe('FINAL');
    expect(when(given(swapped), view(head(33, ['a2'])))).toEqual(['FinalityLost', 'BatchIncluded']);
    // Nobody has signed the second sealing: a chain without either asks for signatures.
    expect(when(given(swapped), view(head(33, [])))).toEqual(['FinalityLost', 'CosignersAsked']);
  });
});

describe('somebody has to look', () => {
  const cosigning = [leg(1), sealed(1, one), asked(1, 'a')];
  const resume: RailInput = { kind: 'resume', seq: 1, by: 'operator' };

  it('where a co-signer derives another batch, and goes on while the others are enough', () => {
    const disputed = given([...cosigning, refused(1, 'a', 3)]);
    expect(statusOf(disputed, 1)).toBe('DISPUTED');
    expect(effects(disputed)).toEqual(['alarm 1', 'ask 1']);
    const signedByTwo = given([
      ...cosigning,
      refused(1, 'a', 3),
      signed(1, 'a', 1),
      signed(1, 'a', 2),
    ]);
    expect(statusOf(signedByTwo, 1)).toBe('READY');
  });

  it('where too few are left for a quorum: it is asked again, not sealed again', () => {
    const halted = [...cosigning, refused(1, 'a', 3), refused(1, 'a', 2)];
    expect(given(halted).batches[0]?.halt?.code).toBe('NO_QUORUM');
    const late = head(30, [], 101);
    expect(when(given(halted), view(late, late, late))).toEqual([]);
    expect(effects(given(halted))).toEqual(['alarm 1']);
    expect(statusOf(given([...halted, resume]), 1)).toBe('COSIGNING');
    expect(effects(given([...halted, resume]))).toEqual(['ask 1']);
  });

  it('where a disputed batch expires', () => {
    const late = head(30, [], 101);
    const disputed = [...cosigning, refused(1, 'a', 3)];
    expect(when(given(disputed), view(late, late, late))).toEqual(['BatchHalted']);
    const halted = [...disputed, view(late, late, late)];
    expect(effects(given(halted))).toEqual(['alarm 1']);
    expect(when(given([...halted, resume]), view(late, late, late))).toEqual(['BatchExpired']);
  });

  it('where the chain has a batch at our seq that is none of ours', () => {
    const halted = [...broadcast, leg(2), view(head(20, ['z']))];
    expect(given(halted).batches[0]?.halt?.code).toBe('FOREIGN_BATCH');
    expect(effects(given(halted))).toEqual(['recall 1', 'alarm 1']);
    expect(statusOf(given([...halted, resume]), 1)).toBe('BROADCAST');
    expect(when(given([leg(1)]), view(head(20, ['z'])))).toEqual(['BatchHalted']);
  });

  it('where contract and ledger differ: nothing follows until they are the same', () => {
    const difference = 'index 16 has 5, the ledger 6';
    const halted: RailInput[] = [...handed, { kind: 'compared', seq: 1, difference }, leg(2)];
    expect(given(halted).batches[0]?.halt).toEqual({
      code: 'BALANCES_DIFFER',
      reason: difference,
      from: 'FINAL',
    });
    expect(effects(given(halted))).toEqual(['alarm 1']);
    expect(effects(given([...halted, resume]))).toEqual(['compare 1', 'seal 2']);
  });
});

describe('a process that lost its memory', () => {
  const recalled = (seq: number, name: string, prev = ''): RailInput => {
    return { kind: 'recalled', seq, sealing: sealing(name, prev, 0) };
  };
  const chain = ['a', 'b'];
  const seen = view(head(40, chain), head(36, chain), head(32, chain));

  it('takes up what is final from whoever remembers, several at once', () => {
    const rail = given([leg(1), recalled(1, 'a'), leg(2), recalled(2, 'b', 'a'), seen, leg(3)]);
    expect([1, 2, 3].map((seq) => statusOf(rail, seq))).toEqual(['FINAL', 'FINAL', 'DRAFT']);
    expect(effects(rail)).toEqual(['hand 1', 'hand 2', 'seal 3']);
  });

  it('is halted by what it does not know, until it is told', () => {
    const halted = [leg(1), leg(2), seen];
    expect(given(halted).batches[1]?.halt?.code).toBe('FOREIGN_BATCH');
    const told = given([...halted, recalled(1, 'a'), recalled(2, 'b', 'a'), seen]);
    expect(effects(told)).toEqual(['hand 1', 'hand 2']);
  });

  it('takes its own leg from another hand, and asks for signatures anew should the chain lose it', () => {
    const halted = [...broadcast, view(head(20, ['z']))];
    const rail = given([...halted, recalled(1, 'z'), view(head(21, ['z']))]);
    expect(statusOf(rail, 1)).toBe('INCLUDED');
    expect(rail.batches[0]?.sealings.map(({ digest }) => digest)).toEqual(['a', 'z'].map(hashOf));
    const lost = view(head(22, []));
    expect(when(rail, lost)).toEqual(['BatchReorged', 'CosignersAsked']);
    expect(when(rail, view(head(22, ['a'])))).toEqual(['BatchIncluded']);
  });

  it('is told nothing new of what it knows', () => {
    expect(when(given([leg(1), sealed(1, one)]), recalled(1, 'z'))).toEqual([]);
  });
});

describe('the gate between rails', () => {
  const payer = { rail: '1/USDT', asset: 'USDT', cycle: 4, houseDelta: -5n, isFinal: false };
  const receiver = { ...payer, rail: '2/USDT', houseDelta: 5n };

  it.each([
    ['opens for one the house receives by', receiver, [receiver, payer], true],
    ['is closed while the house has not received', payer, [receiver, payer], false],
    ['opens when it has', payer, [{ ...receiver, isFinal: true }, payer], true],
    ['does not mind another cycle', payer, [{ ...receiver, cycle: 5 }, payer], true],
    ['does not mind another asset', payer, [{ ...receiver, asset: 'USDC' }, payer], true],
    [
      'does not mind other legs of its own rail',
      payer,
      [{ ...receiver, rail: '1/USDT' }, payer],
      true,
    ],
    ['waits for no other payer', payer, [{ ...payer, rail: '2/USDT' }, payer], true],
  ])('%s', (_what, of, legs, opens) => {
    expect(gateOpen(of, legs)).toBe(opens);
  });
});
