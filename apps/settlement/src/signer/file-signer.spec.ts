import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fileSigner, writeKeystore } from './index.js';
import { KEY, signerContract } from './signer.contract.js';

/** Cheap to guess and quick to open. */
const COST = { n: 16, r: 8, p: 1 };
const PASSWORD = 'correct horse';

describe('a key file', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'novate-keys-'))));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  let files = 0;
  const fresh = (): string => join(folder, `${(files += 1)}.json`);
  const written = async (password = PASSWORD): Promise<string> => {
    const path = fresh();
    await writeKeystore(path, KEY, password, COST);
    return path;
  };
  /** The file with one field of its JSON replaced. */
  const altered = async (change: (json: string) => string): Promise<string> => {
    const path = await written();
    const text = change(await readFile(path, 'utf8'));
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };

  signerContract('an encrypted file', async () => {
    return { signer: await fileSigner(await written(), PASSWORD), close: async () => undefined };
  });

  it('is readable by its owner only, and does not hold the key as it is', async () => {
    const path = await written();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).not.toContain(KEY.slice(2, 20));
  });

  it('opens with the default cost too', async () => {
    const path = fresh();
    const address = await writeKeystore(path, KEY, PASSWORD);
    expect((await fileSigner(path, PASSWORD)).address).toBe(address);
  });

  it('takes a password however it was typed', async () => {
    const path = await written('caf\u00e9');
    await expect(fileSigner(path, 'cafe\u0301')).resolves.toHaveProperty('address');
  });

  it('does not overwrite another', async () => {
    const path = await written();
    const before = await readFile(path, 'utf8');
    await expect(writeKeystore(path, KEY, 'other', COST)).rejects.toThrow('8404_KEYSTORE_EXISTS');
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  it('says that a password is wrong, and quotes neither it nor the key', async () => {
    const error = await fileSigner(await written(), 'wrong password').catch((e: Error) => e);
    const shown = String(error);
    expect(shown).toContain('8402_KEYSTORE_PASSWORD: password: the password does not open the key');
    expect(shown).not.toContain('wrong password');
  });

  it('is not read while others can', async () => {
    const path = await written();
    await chmod(path, 0o640);
    await expect(fileSigner(path, PASSWORD)).rejects.toThrow('8403_KEYSTORE_MODE: keystore');
  });

  it.each<[string, (json: string) => string, string]>([
    ['whose bytes were altered', (json) => json.replace(/"text": "(.)/, flip), '8402'],
    ['that claims another address', (json) => json.replace(/"0x(.)/, flip), '8402'],
    ['of another version', (json) => json.replace('"version": 1', '"version": 2'), '8401'],
    ['that asks for a terabyte', (json) => json.replace('"n": 16', `"n": ${2 ** 40}`), '8401'],
    ['that is cut short', (json) => json.slice(0, -40), '8401'],
    ['without a tag', (json) => json.replace(/"tag": "[^"]*"/, '"tag": ""'), '8401'],
    ['that is something else', () => '[]', '8401'],
  ])('%s is refused', async (_what, change, code) => {
    await expect(fileSigner(await altered(change), PASSWORD)).rejects.toThrow(code);
  });
});

/** The same match with its last hexadecimal digit another. */
function flip(match: string, digit: string): string {
  return match.slice(0, -1) + (digit === '0' ? '1' : '0');
}
