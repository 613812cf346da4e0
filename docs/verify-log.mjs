// Verifies what `novate export --log --out LOG` wrote, with nothing of Novate's: node verify-log.mjs LOG [KEY [PROOF.json ...]]
// KEY is the log's first key (GET /v1/log/keys), had from its owner by other means; a PROOF.json is what
// `novate proof inclusion|consistency ... --json` or the API answered. Ends with 1 at the first place that does not hold.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [file, pinned, ...given] = process.argv.slice(2);
const check = (ok, place) => ok || process.exit(console.log(`FAILED ${place}`) ?? 1);
const linesOf = (name) =>
  readFileSync(name, 'latin1').replace(/\n$/, '').split('\n').filter(Boolean);
const bytes = (line) => Buffer.from(line, 'latin1');

// ---- RFC 9162, 2.1: roots, inclusion paths and consistency proofs of the leaves a to b, as they are defined there
const sha = (...parts) => parts.reduce((h, part) => h.update(part), createHash('sha256')).digest();
const [leaves, keys, known] = [[], [], new Map()];
const half = (a, b) => a + 2 ** Math.ceil(Math.log2(b - a) - 1);
const tree = (a, b) => {
  if (b - a < 2) return leaves[a] ?? sha();
  const id = `${a} ${b}`;
  const hash = known.get(id) ?? sha(Buffer.of(1), tree(a, half(a, b)), tree(half(a, b), b));
  return known.set(id, hash).get(id);
};
const path = (at, a, b) => {
  if (b - a < 2) return [];
  const k = half(a, b);
  return at < k ? [...path(at, a, k), tree(k, b)] : [...path(at, k, b), tree(a, k)];
};
const subproof = (m, a, b) => {
  if (m === b) return a === 0 ? [] : [tree(a, b)];
  const k = half(a, b);
  return m <= k ? [...subproof(m, a, k), tree(k, b)] : [...subproof(m, k, b), tree(a, k)];
};

// ---- C2SP signed notes: text, empty line, `— name base64(key id, Ed25519 signature of the text)`
const keyOf = (name, publicKey) => {
  const typed = Buffer.from(`01${publicKey}`, 'hex');
  const id = sha(`${name}\n`, typed).subarray(0, 4);
  const spki = Buffer.from(`302a300506032b6570032100${publicKey}`, 'hex');
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  return { name, id, key, text: `${name}+${id.toString('hex')}+${typed.toString('base64')}` };
};
const signed = (note, { name, id, key }) => {
  const end = note.lastIndexOf('\n\n') + 1;
  const tag = id.toString('base64').slice(0, 5);
  const base64 = tag + note.slice(end).split(`\n— ${name} ${tag}`)[1]?.split('\n')[0];
  const [signature, text] = [Buffer.from(base64, 'base64'), Buffer.from(note.slice(0, end))];
  return signature.toString('base64') === base64 && verify(null, text, key, signature.subarray(4));
};

// ---- the events: leaves and keys
const proof = linesOf(`${file}.proof`).map((line) => JSON.parse(bytes(line)));
const stored = Buffer.concat(proof.map(({ leaves }) => Buffer.from(leaves ?? '', 'base64')));
for (const [position, line] of linesOf(file).map(bytes).entries()) {
  const leaf = sha(Buffer.of(0), line);
  const kept = stored.subarray(position * 32, position * 32 + 32);
  check(leaf.equals(kept), `position ${position}: its leaf is not the stored one`);
  const { data, type, position: own } = JSON.parse(line);
  check(own === position, `position ${position}: holds the event of another place`);
  if (type === 'CheckpointKeyRotated') {
    const key = keyOf(data.keyName, data.publicKey);
    const text = `novate checkpoint key\n${key.text}\n${position + 1}\n\n`;
    const vouch = [...keys.slice(-1).map((before) => before.key), key];
    const ok = data.note.startsWith(text) && vouch.every((by) => signed(data.note, by));
    check(ok, `position ${position}: the key before this one did not put it in`);
    keys.push({ from: position + 1, key });
  }
  leaves.push(leaf);
}

// ---- what the proof file says: links of the chain, signed checkpoints, the end
const whole = stored.length === leaves.length * 32 && proof.at(-1).size === leaves.length;
check(whole, `position ${leaves.length}: the log does not end here`);
let chain = { hash: '0'.repeat(64), batches: 0, size: 0 };
for (const { batch, checkpoint, prevHash, hash } of proof) {
  if (batch) {
    const next = batch.seq === chain.batches && batch.firstPosition === chain.size;
    check(next && prevHash === chain.hash, `batch ${batch.seq}: does not continue the one before`);
    chain = { hash, batches: batch.seq + 1, size: chain.size + batch.count };
  }
  const [origin, size, root, ext] = checkpoint?.split('\n') ?? [];
  if (!checkpoint) continue;
  const { key } = keys.findLast(({ from }) => from <= size) ?? {};
  check(key?.name === origin && signed(checkpoint, key), `checkpoint of size ${size}: signature`);
  check(tree(0, +size).toString('base64') === root, `checkpoint of size ${size}: root`);
  const bound = ext === `chain ${chain.batches} ${chain.hash}` && chain.size === Number(size);
  check(bound || !ext.startsWith('chain '), `checkpoint of size ${size}: chain hash`);
}
const [end, root] = [proof.at(-1), tree(0, leaves.length).toString('hex')];
check(end.root === root && end.hash === chain.hash, 'the end: another root or chain hash');

// ---- what was given: the key of the log's owner, proofs from elsewhere
check(!pinned || pinned === keys[0]?.key.text, `the first key: it is ${keys[0]?.key.text}`);
for (const arg of given) {
  const { position, size, from, to, path: claimed } = JSON.parse(readFileSync(arg));
  const own = to === undefined ? path(position, 0, size) : subproof(from, 0, to);
  const wrong = own.findIndex((hash, i) => hash.toString('hex') !== claimed[i]);
  check(wrong < 0 && claimed.length === own.length, `${arg}: proof hash ${wrong + 1}`);
}
console.log(`ok ${end.size} leaves, root ${root}`);
