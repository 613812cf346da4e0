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
  it('is the same every time and reads names as UTF-8', () => {
    expect(uuidV5(DNS, 'Zürich')).toBe(uuidV5(DNS, 'Zürich'));
    expect(uuidV5(DNS, 'Zürich')).not.toBe(uuidV5(DNS, 'Zurich'));
  });
});
