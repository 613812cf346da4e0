export {
  collateralVaultAbi,
  forcedExitAbi,
  guardianAbi,
  operatorRegistryAbi,
  settlementLedgerAbi,
  testTokenAbi,
} from './generated/abi.js';
export { artifact, type Artifact, type ContractName } from './artifact.js';
export {
  deployChain,
  deployTestToken,
  type Deployer,
  type DeployedChain,
  type DeployedRail,
  type DeployOptions,
  type RailOptions,
} from './deploy.js';
export { minedReceipt } from './receipt.js';
export {
  domainOf,
  quorumOf,
  type DomainName,
  type OperatorSigner,
  type Sig,
  typedData,
} from './typed-data.js';
