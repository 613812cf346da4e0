import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Response } from 'express';
import type { Hex } from 'viem';
import { type SettlementCode, SettlementRefused } from '../codes.js';

/**
 * HTTP status of what a co-signer or the service refuses; what is not listed is 422: this batch is wrong, and asking again with the
 * same bytes will never help. 503 asks to be asked again, 409 may pass with time, 403 is up to the co-signer's owner.
 */
const STATUS: { readonly [C in SettlementCode]?: number } = {
  COSIGN_MALFORMED: 400,
  COSIGN_UNAUTHENTICATED: 401,
  SERVICE_MALFORMED: 400,
  SERVICE_UNAUTHENTICATED: 401,
  NOT_HALTED: 409,
  RAIL_NOT_SIGNED: 403,
  LIMIT_EXCEEDED: 403,
  SEQ_NOT_NEXT: 409,
  STALE_EPOCH: 409,
  DEADLINE_OUT_OF_RANGE: 409,
  GATE_CLOSED: 409,
  ALREADY_SIGNED: 409,
  KEY_RETIRED: 409,
  EXIT_UNKNOWN: 409,
  EXIT_PAYABLE: 409,
  DEPOSIT_NOT_FINAL: 503,
  COPY_BEHIND: 503,
  COPY_ALTERED: 503,
  LOG_FORKED: 503,
  CHAIN_UNKNOWN: 503,
  COSIGNER_UNAVAILABLE: 503,
};

/** RFC 9457 problem details of a refusal; of a co-signer's, with the address that refused. */
export function problemOf(refused: SettlementRefused, signer?: Hex) {
  const name = refused.code.slice(5) as SettlementCode;
  const words = name.toLowerCase().replaceAll('_', ' ');
  return {
    type: `urn:novate:problem:${refused.code}`,
    title: words.charAt(0).toUpperCase() + words.slice(1),
    status: STATUS[name] ?? 422,
    detail: refused.reason,
    code: refused.code,
    field: refused.field,
    fix: refused.fix,
    ...(signer !== undefined && { signer }),
  };
}

/** Every refusal leaves as application/problem+json; an unexpected error tells the caller nothing of its inside. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private last = '';

  constructor(
    private readonly log: (line: string) => void,
    private readonly signer?: Hex,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) return void response.destroy();
    const problem = this.problem(error);
    if (problem.status === 401) response.set('www-authenticate', 'Bearer');
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }

  /** For the owner of the process; the same again and again is said once. */
  private note(refusal: string): void {
    if (refusal !== this.last) this.log(`refused: ${refusal}`);
    this.last = refusal;
  }

  private problem(error: unknown): { readonly status: number } {
    if (error instanceof SettlementRefused) {
      this.note(error.message);
      return problemOf(error, this.signer);
    }
    if (error instanceof HttpException) {
      const status = error.getStatus();
      return problemLike(status, error.message);
    }
    this.log(`http: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return problemLike(500, 'The request failed unexpectedly; it is in the log.');
  }
}

const problemLike = (status: number, detail: string) => ({
  type: 'about:blank',
  title: 'Request failed',
  status,
  detail,
});
