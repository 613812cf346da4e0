import {
  type Abi,
  BaseError,
  decodeErrorResult,
  type Hex,
  HttpRequestError,
  RpcRequestError,
  TimeoutError,
} from 'viem';
import { ChainError, type ChainErrorKind, malformed } from './chain-error.js';

/** What geth, erigon, nethermind, besu and anvil say; the first that fits. */
const WORDS: readonly (readonly [RegExp, ChainErrorKind])[] = [
  [/already known|already imported|known transaction|already in mempool/i, 'already-known'],
  [/nonce (is )?too low|nonce has already been used|invalid nonce|oldnonce/i, 'nonce-too-low'],
  [/underpriced|less than block base fee|fee too low|feetoolow|gas price too low/i, 'underpriced'],
  [/insufficient (funds|balance)|insufficientfunds/i, 'insufficient-funds'],
  [/revert/i, 'reverted'],
  [
    /header not found|unknown block|resource not found|block ?(not found|out ?of ?range)/i,
    'not-found',
  ],
  [/rate limit|too many requests|exceeded.*(capacity|limit)/i, 'rate-limited'],
  [/timed? ?out/i, 'timeout'],
];

/** JSON-RPC codes that say it themselves: EIP-1474's limit, geth's execution error. */
const CODES: ReadonlyMap<number, ChainErrorKind> = new Map([
  [-32005, 'rate-limited'],
  [3, 'reverted'],
]);

/** The data of a revert; nodes wrap it differently. */
function revertData(data: unknown): Hex {
  if (typeof data === 'string' && /^0x([0-9a-f]{2})*$/i.test(data)) return data as Hex;
  if (typeof data === 'object' && data !== null && 'data' in data) return revertData(data.data);
  return '0x';
}

function errorName(data: Hex, abi: Abi | undefined): string | undefined {
  try {
    return decodeErrorResult({ abi: abi ?? [], data }).errorName;
  } catch {
    return undefined;
  }
}

function fromRpc(error: RpcRequestError, abi: Abi | undefined): ChainError {
  const said = error.details;
  const kind =
    CODES.get(error.code) ?? WORDS.find(([pattern]) => pattern.test(said))?.[1] ?? 'refused';
  if (kind !== 'reverted') return new ChainError(kind, said);
  const data = revertData(error.data);
  const name = errorName(data, abi);
  return new ChainError(kind, name ?? said, { errorName: name, data });
}

function fromHttp({ status, details }: HttpRequestError): ChainError {
  if (status === 429) return new ChainError('rate-limited', 'HTTP 429');
  if (status !== undefined && status >= 500)
    return new ChainError('server-error', `HTTP ${status}`);
  if (status !== undefined) return new ChainError('refused', `HTTP ${status}`);
  // Undici's word for a body that ended before its announced length; the parser's for half a JSON text.
  if (/terminated|JSON|Unexpected/i.test(details)) return malformed(details);
  return new ChainError('unreachable', details);
}

/** Whatever a driver threw, as a `ChainError`. */
export function chainError(error: unknown, abi?: Abi): ChainError {
  if (error instanceof ChainError) return error;
  if (!(error instanceof BaseError)) return malformed(String(error));
  const rpc = error.walk((cause) => cause instanceof RpcRequestError);
  if (rpc instanceof RpcRequestError) return fromRpc(rpc, abi);
  if (error.walk((cause) => cause instanceof TimeoutError))
    return new ChainError('timeout', 'no answer');
  const http = error.walk((cause) => cause instanceof HttpRequestError);
  if (http instanceof HttpRequestError) return fromHttp(http);
  return malformed(error.shortMessage);
}
