import { describe, expect, it } from '@jest/globals';
import { memoryJournal, memoryKeys, parseSealed, PersonalVault } from '#events';
import type { Journal, SubjectKeys } from '#events';
import type { Command } from '#ledger';
import type { Engine, Outcome } from '../engine/index.js';
import { openEngine } from '../testing/open-engine.js';
import { PersonalDesk } from './desk.js';

let number = 0;
const command = (fields: Record<string, unknown>): Command => {
  number += 1;
  return {
    commandId: `c${number}`,
    actor: 'operator:operator',
    occurredAt: 1,
    ...fields,
  } as Command;
};
const register = (member: string, name: string) =>
  command({ kind: 'register-member', member, name });
const request = (member: string) => command({ kind: 'request-erasure', member, reason: 'over' });
const approve = (member: string) =>
  command({ kind: 'approve-erasure', member, actor: 'risk:risk', throughKey: 99 });

interface House {
  readonly journal: Journal;
  readonly engine: Engine;
  readonly keys: SubjectKeys;
  readonly desk: PersonalDesk;
  give(one: Command): Promise<string | undefined>;
}

async function house(keys = memoryKeys()): Promise<House> {
  const journal = memoryJournal();
  const engine = await openEngine(journal);
  const desk = new PersonalDesk(keys, 0);
  const submit = async (one: Command): Promise<Outcome | undefined> =>
    (await engine.submit([{ command: one }]))[0];
  const give = async (one: Command) =>
    (await desk.give(engine.state, one, submit))?.rejection?.code;
  return { journal, engine, keys, desk, give };
}

async function recorded(journal: Journal): Promise<string> {
  let text = '';
  for await (const { events } of journal.read(0)) text += JSON.stringify(events);
  return text;
}

describe('the personal desk', () => {
  it('lets no plain text through', async () => {
    const { journal, keys, give } = await house();
    expect(await give(register('M7', 'Zoë Natural-Person'))).toBeUndefined();
    const text = await recorded(journal);
    expect(text).not.toContain('Natural-Person');
    const [, sealed = ''] = /"name":"(sealed[^"]+)"/.exec(text) ?? [];
    expect(parseSealed(sealed)).toMatchObject({ subject: 'member:M7', key: 1 });
    const place = { type: 'MemberRegistered', field: 'name', id: 'M7' };
    const [opened] = await new PersonalVault(keys).open([{ text: sealed, place }]);
    expect(opened).toEqual({ text: 'Zoë Natural-Person' });
  });
  it('refuses what does not fit before it makes a key', async () => {
    const { keys, give, engine } = await house();
    const before = engine.head.size;
    await expect(give(register('M7', 'x'.repeat(201)))).rejects.toThrow();
    await expect(give(register('M 7', 'x'))).rejects.toThrow();
    expect([await keys.live('member:M7'), engine.head.size]).toEqual([0, before]);
  });
  it('takes the number of the key from the store, not from the caller', async () => {
    const { keys, give, journal } = await house();
    await give(register('M7', 'Zoë'));
    await give(request('M7'));
    expect(await give(approve('M7'))).toBeUndefined();
    expect(await recorded(journal)).toContain('"throughKey":1');
    expect(await keys.live('member:M7')).toBe(0);
  });
  it('destroys nothing that is not recorded', async () => {
    const { keys, give } = await house();
    await give(register('M7', 'Zoë'));
    expect(await give(approve('M7'))).toBe('4014_NO_ERASURE_ASKED');
    expect(await keys.live('member:M7')).toBe(1);
  });
  it('seals what comes while a key is destroyed with the next one', async () => {
    const { give, journal } = await house();
    await give(register('M7', 'Zoë'));
    await give(
      command({
        kind: 'open-account',
        account: 'M7-H',
        member: 'M7',
        segregation: 'house',
        margin: 'cross',
      }),
    );
    await give(request('M7'));
    await give(command({ kind: 'register-asset', asset: 'EUR', scale: 8 }));
    const ask = { kind: 'request-withdrawal', account: 'M7-H', asset: 'EUR', amount: '1' };
    const withdrawal = command({ ...ask, withdrawalId: 'W1', destination: 'bank' });
    await Promise.all([give(approve('M7')), give(withdrawal)]);
    expect(await recorded(journal)).toContain('"destination":"sealed/1/member:M7/2/');
  });
  it('obeys at a start what a crash left, and only that', async () => {
    const broken = memoryKeys();
    const destroy = broken.destroy;
    broken.destroy = () => Promise.reject(new Error('the vault is away'));
    const { give, journal, keys } = await house(broken);
    await give(register('M7', 'Zoë'));
    await give(register('M8', 'Ada'));
    await give(request('M7'));
    await expect(give(approve('M7'))).rejects.toThrow();
    expect(await keys.live('member:M7')).toBe(1);
    broken.destroy = destroy;
    const next = new PersonalDesk(broken);
    expect(await next.obey(journal)).toBe(1);
    expect([await keys.live('member:M7'), await keys.live('member:M8')]).toEqual([0, 1]);
    expect(await keys.obeyed()).toBe((await journal.head()).size);
    expect(await next.obey(journal)).toBe(0);
  });
  it('does not say that it obeyed while an order is open', async () => {
    const broken = memoryKeys();
    broken.destroy = () => Promise.reject(new Error('the vault is away'));
    const { give, desk, keys } = await house(broken);
    await give(register('M7', 'Zoë'));
    desk.reached(200_000);
    await give(request('M7'));
    await expect(give(approve('M7'))).rejects.toThrow();
    desk.reached(400_000);
    await give(register('M8', 'Ada'));
    expect(await keys.obeyed()).toBe(200_000);
  });
});
