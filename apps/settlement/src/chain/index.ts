/** One node of an EVM chain, behind a small interface. */
export { ChainError, type ChainErrorKind } from './chain-error.js';
export type {
  At,
  Block,
  BlockTag,
  Call,
  ChainPort,
  Log,
  Receipt,
  View,
  ViewAnswer,
  ViewName,
} from './chain-port.js';
export { httpChain, type HttpChainOptions } from './http-chain.js';
