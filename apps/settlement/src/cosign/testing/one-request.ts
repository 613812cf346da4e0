import { CoSigner } from '../co-signer.js';
import { PostgresStore } from '../postgres-store.js';
import { fakeParts, legOf, NOW, requestFor, signer } from './parts.js';

/**
 * A co-signer process of a test, asked once: `one-request.js <database> <seconds of the deadline> [die]`. With `die` it kills
 * itself when the digest is written down and not yet signed. Prints the answer, or the code it refuses with.
 */
const [url = '', seconds = '0', die] = process.argv.slice(2);
const store = await PostgresStore.open(url, { signer: signer.address, logKey: 'house.test' });
const cosigner = new CoSigner({
  ...fakeParts().parts,
  store,
  beforeSigning: () => {
    if (die !== undefined) process.kill(process.pid, 'SIGKILL');
  },
});
try {
  const answer = await cosigner.batch(requestFor(legOf(), { deadline: NOW + BigInt(seconds) }));
  process.stdout.write(answer.digest);
} catch (error) {
  process.stdout.write((error as { readonly code: string }).code);
}
await store.close();
