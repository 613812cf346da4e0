import { expect, it } from '@jest/globals';
import { memberSubject, personalPlace } from './fields.js';
import { parseSealed } from './sealed.js';
import { DataKeyMissing, nameOf, PersonalVault, type SubjectKeys } from './vault.js';

const M01 = memberSubject('M01');
const place = personalPlace('MemberRegistered', 'M01');
const name = { text: 'Zürich Clearing', place };

/** What every key store does. `fresh` gives an empty one. */
export function keysContract(fresh: () => SubjectKeys): void {
  it('has one live key per subject, whoever asks first', async () => {
    const keys = fresh();
    expect(await keys.live(M01)).toBe(0);
    const asked = await Promise.all(Array.from({ length: 8 }, () => keys.current(M01)));
    expect(new Set(asked.map(({ secret }) => Buffer.from(secret).toString('hex'))).size).toBe(1);
    expect(asked.map(({ key }) => key)).toEqual(Array.from({ length: 8 }, () => 1));
    const other = await keys.current(memberSubject('M02'));
    expect(Buffer.from(other.secret).equals(Buffer.from(asked[0]!.secret))).toBe(false);
    expect(await keys.live(M01)).toBe(1);
  });
  it('finds keys by name, and tells destroyed from never there', async () => {
    const keys = fresh();
    const { secret } = await keys.current(M01);
    expect(await keys.destroy(memberSubject('M02'), 9)).toBe(0);
    await keys.current(memberSubject('M02'));
    expect(await keys.destroy(memberSubject('M02'), 1)).toBe(1);
    const names = [
      { subject: M01, key: 1 },
      { subject: M01, key: 2 },
      { subject: memberSubject('M02'), key: 1 },
      { subject: memberSubject('M03'), key: 1 },
    ];
    const found = await keys.find(names);
    expect(found.size).toBe(2);
    expect(Buffer.from(found.get(nameOf(names[0]!)) as Uint8Array)).toEqual(Buffer.from(secret));
    expect(found.get(nameOf(names[2]!))).toBe('destroyed');
  });
  it('destroys once, and gives the next facts of the subject another key', async () => {
    const keys = fresh();
    const before = await keys.current(M01);
    expect([await keys.destroy(M01, 1), await keys.destroy(M01, 1)]).toEqual([1, 0]);
    expect(await keys.live(M01)).toBe(0);
    const after = await keys.current(M01);
    expect(after.key).toBe(2);
    expect(Buffer.from(after.secret).equals(Buffer.from(before.secret))).toBe(false);
    // An order obeyed again, as after a restart, does not reach what came after it.
    expect(await keys.destroy(M01, 1)).toBe(0);
    expect(await keys.live(M01)).toBe(2);
  });
  it('remembers how far it obeyed', async () => {
    const keys = fresh();
    expect(await keys.obeyed()).toBe(0);
    await keys.setObeyed(81_221);
    expect(await keys.obeyed()).toBe(81_221);
  });
  it('lets a vault seal, open, and open no more', async () => {
    const keys = fresh();
    const vault = new PersonalVault(keys);
    const sealed = await vault.seal(M01, name);
    expect(parseSealed(sealed)).toMatchObject({ subject: M01, key: 1 });
    expect(await vault.seal(M01, name)).toBe(sealed);
    const fields = [
      { text: sealed, place },
      { text: 'recorded in plain', place },
    ];
    expect(await vault.open(fields)).toEqual([{ text: name.text }, { text: 'recorded in plain' }]);
    await keys.destroy(M01, 1);
    expect(await vault.open(fields)).toEqual([{ erased: true }, { text: 'recorded in plain' }]);
  });
  it('does not take a key it never had for an erasure', async () => {
    const elsewhere = new PersonalVault(fresh());
    const sealed = await elsewhere.seal(M01, name);
    const here = new PersonalVault(fresh());
    await expect(here.open([{ text: sealed, place }])).rejects.toBeInstanceOf(DataKeyMissing);
  });
}
