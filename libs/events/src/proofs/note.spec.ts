import { describe, expect, it } from '@jest/globals';
import { checkpointText, openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.js';
import {
  formatSigningKey,
  formatVerifierKey,
  openNote,
  parseSigningKey,
  parseVerifierKey,
  signingKey,
  signNote,
} from './note.js';

/** The example of the package golang.org/x/mod/sumdb/note (note.go, note_test.go): keys, text and signed note. */
const GO = {
  skey: 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz',
  vkey: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  otherVkey: 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop',
  text:
    'If you think cryptography is the answer to your problem,\n' +
    "then you don't know what your problem is.\n",
  signature:
    '\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
};
const NOTE = `${GO.text}\n${GO.signature}`;
const PETER = parseVerifierKey(GO.vkey);
const ENOCH = parseVerifierKey(GO.otherVkey);

describe('the signed note of Go’s sumdb', () => {
  it('is what we sign with its key', () => {
    expect(signNote(GO.text, parseSigningKey(GO.skey))).toBe(NOTE);
  });
  it('opens with its key, and only with that', () => {
    expect(openNote(NOTE, [ENOCH, PETER])).toEqual({ text: GO.text, signers: [PETER] });
    expect(() => openNote(NOTE, [ENOCH])).toThrow(
      'line 4: signed by PeterNeumann+c74f20a3, not by EnochRoot+af0cfe78',
    );
    expect(() => openNote(NOTE, [])).toThrow('not by a known key');
  });
  it('has keys that are written as they were read', () => {
    expect([PETER, ENOCH].map(formatVerifierKey)).toEqual([GO.vkey, GO.otherVkey]);
    const seed = Buffer.from(GO.skey.split('+').slice(4).join('+'), 'base64').subarray(1);
    expect(formatSigningKey('PeterNeumann', seed.toString('hex'))).toBe(GO.skey);
  });
});

describe('a broken note', () => {
  const key = signingKey('log.example/a', '07'.repeat(32));
  const keys = [key.verifier];

  it('is refused for any flipped bit of its text or signature', () => {
    const bytes = Buffer.from(NOTE);
    for (let i = 0; i < bytes.length; i += 1) {
      const broken = Buffer.from(bytes);
      broken[i] = broken[i]! ^ 1;
      expect(() => openNote(broken.toString('utf8'), [PETER])).toThrow();
    }
  });
  it.each([
    ['no empty line', 'text\n', 'no empty line'],
    ['no signature', 'text\n\n\n', 'line 4: is not a signature line'],
    ['a carriage return', NOTE.replace('\n', '\r\n'), 'control character'],
    ['a cut end', NOTE.slice(0, -1), 'does not end in a newline'],
    ['a hyphen for the dash', NOTE.replace('\u2014', '-'), 'line 4: is not a signature line'],
    ['a signature with another spelling', NOTE.replace('AM=', 'AN='), 'line 4'],
  ])('with %s is refused', (_, note, reason) => {
    expect(() => openNote(note, [PETER])).toThrow(reason);
  });
  it('with a wrong signature of a known key is refused, though another one holds', () => {
    const forged = `${NOTE}${signNote('else\n', key).split('\n')[2]}\n`;
    expect(() => openNote(forged, [PETER, key.verifier])).toThrow('line 5: the signature of');
    expect(openNote(forged, [PETER]).signers).toEqual([PETER]);
  });
  it.each([
    ['space', 'a b'],
    ['plus', 'a+b'],
    ['nothing', ''],
  ])('a key named with %s is refused', (_, name) => {
    expect(() => signingKey(name, '07'.repeat(32))).toThrow('key name');
  });
  it('a key with the id of another is refused, and no error shows a private key', () => {
    expect(() => parseVerifierKey(GO.vkey.replace('c74f20a3', 'c74f20a4'))).toThrow('has id');
    const wrong = GO.skey.replace('c74f20a3', 'c74f20a4');
    expect(() => parseSigningKey(wrong)).toThrow(/^(?!.*AYEK).*another key/);
    expect(() => parseSigningKey('hello')).toThrow('is not a key');
  });

  const checkpoint = {
    origin: 'log.example/a',
    size: 82_194,
    root: 'ab'.repeat(32),
    chain: { batches: 172, hash: 'cd'.repeat(32) },
    stateRoot: 'ef'.repeat(32),
  };
  it('a checkpoint is read as it was signed', () => {
    const signed = signCheckpoint(checkpoint, key);
    expect(openCheckpoint(signed.note, keys)).toEqual({ ...checkpoint, note: signed.note });
    expect(signCheckpoint(checkpoint, key).note).toBe(signed.note);
    const { origin, size, root } = checkpoint;
    expect(parseCheckpoint(checkpointText({ origin, size, root }))).toEqual({ origin, size, root });
    const later = `${checkpointText({ origin, size, root })}later extension\n`;
    expect(parseCheckpoint(later)).toEqual({ origin, size, root });
  });
  it('a checkpoint signed for another log is refused', () => {
    expect(() => signCheckpoint({ ...checkpoint, origin: 'log.example/b' }, key)).toThrow('key');
  });
  it.each([
    [1, ['', '1', checkpoint.root]],
    [2, ['a', '01', checkpoint.root]],
    [2, ['a', '9007199254740993', checkpoint.root]],
    [3, ['a', '1', 'abcd']],
    [4, ['a', '1', checkpoint.root, 'chain 1']],
    [5, ['a', '1', checkpoint.root, 'x', 'state ab']],
  ])(
    'a checkpoint whose line %i is no such thing is refused',
    (line, [origin, size, root, ...more]) => {
      const base64 = Buffer.from(root!, 'hex').toString('base64');
      const text = [origin, size, base64, ...more, ''].join('\n');
      expect(() => parseCheckpoint(text)).toThrow(`line ${line}:`);
    },
  );
});
