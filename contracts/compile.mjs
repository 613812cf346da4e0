/**
 * Compiles the contracts with npm `solc` and writes what the rest imports: artifacts/<Name>.json (ABI, bytecode,
 * settings) and generated/abi.ts (the same ABIs as literal types). Committed; CI makes them again and compares.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const require = createRequire(import.meta.url);
const solc = require('solc');

/** What is deployed, and the token local chains use in place of a real one. */
const CONTRACTS = {
  OperatorRegistry: 'src/OperatorRegistry.sol',
  Guardian: 'src/Guardian.sol',
  CollateralVault: 'src/CollateralVault.sol',
  SettlementLedger: 'src/SettlementLedger.sol',
  ForcedExit: 'src/ForcedExit.sol',
  TestToken: 'test/mocks/TestToken.sol',
};

/** The same as in foundry.toml. */
const settings = {
  optimizer: { enabled: true, runs: 1_000_000 },
  evmVersion: 'cancun',
  metadata: { bytecodeHash: 'none' },
};

const sources = {};

/** `@openzeppelin/...` comes out of node_modules, the rest out of this folder; each file is remembered for the hash. */
function load(name) {
  const file = name.startsWith('@') ? require.resolve(name) : join(here, name);
  sources[name] = readFileSync(file, 'utf8');
  return { contents: sources[name] };
}

function compile() {
  for (const name of Object.values(CONTRACTS)) load(name);
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(
      Object.entries(sources).map(([name, content]) => [name, { content }]),
    ),
    settings: { ...settings, outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: load }));
  // OpenZeppelin's reentrancy guard is transient storage, cleared at the end of the call: the use 2394 calls safe.
  const problems = (output.errors ?? [])
    .filter(({ errorCode }) => errorCode !== '2394')
    .map(({ formattedMessage }) => formattedMessage);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return output.contracts;
}

/** SHA-256 over compiler, settings and every source, in order of name. */
function fingerprint() {
  const hash = createHash('sha256').update(JSON.stringify([solc.version(), settings]));
  for (const name of Object.keys(sources).sort()) {
    hash.update(JSON.stringify([name, sources[name]]));
  }
  return hash.digest('hex');
}

const camel = (name) => name[0].toLowerCase() + name.slice(1);

const compiled = compile();
const sourcesHash = fingerprint();
const folder = join(here, 'artifacts');
mkdirSync(folder, { recursive: true });
for (const stale of readdirSync(folder)) rmSync(join(folder, stale));

const lines = [
  '/** Made by contracts/compile.mjs. The ABIs of contracts/src as literal types. */',
  '',
];
for (const [name, source] of Object.entries(CONTRACTS)) {
  const { abi, evm } = compiled[source][name];
  const compiler = { version: solc.version(), settings };
  const artifact = {
    contract: name,
    compiler,
    sourcesHash,
    bytecode: `0x${evm.bytecode.object}`,
    abi,
  };
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(artifact, null, 1)}\n`);
  lines.push(`export const ${camel(name)}Abi = ${JSON.stringify(abi, null, 2)} as const;`, '');
}
mkdirSync(join(here, 'generated'), { recursive: true });
writeFileSync(join(here, 'generated/abi.ts'), lines.join('\n'));
