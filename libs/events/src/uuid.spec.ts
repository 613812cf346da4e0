import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { EVENT_NAMESPACE, uuidV5 } from './uuid.js';

const DNS = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
const URL_NAMESPACE = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';

describe('uuidV5', () => {
  it('is that of RFC 9562, appendix A.4', () => {
    expect(uuidV5(DNS, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
  });
  it('gives the namespace of our events', () => {
    expect(uuidV5(URL_NAMESPACE, 'novate/events')).toBe(EVENT_NAMESPACE);
  });
  it('is SHA-1 over namespace and name, whatever the length of the name', () => {
    const prefix = Buffer.from(DNS.replaceAll('-', ''), 'hex');
    for (const length of [0, 1, 335, 336, 337, 2_000]) {
      for (const name of ['x'.repeat(length), '€'.repeat(length)]) {
        const hex = createHash('sha1').update(prefix).update(name).digest('hex');
        expect(uuidV5(DNS, name).replaceAll('-', '').slice(0, 12)).toBe(hex.slice(0, 12));
        expect(uuidV5(DNS, name).slice(-12)).toBe(hex.slice(20, 32));
      }
    }
  });
  it('is the same every time and reads names as UTF-8', () => {
    expect(uuidV5(DNS, 'Zürich')).toBe(uuidV5(DNS, 'Zürich'));
    expect(uuidV5(DNS, 'Zürich')).not.toBe(uuidV5(DNS, 'Zurich'));
  });
});
