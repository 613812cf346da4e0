import { HttpException } from '@nestjs/common';
import type { Rejection } from '#ledger';

/** RFC 9457 problem details, with our code, the field at fault and what mends it. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code?: string;
  readonly field?: string;
  readonly fix?: string;
  readonly [extension: string]: unknown;
}

const exact: Readonly<Record<string, number>> = {
  '1002_TOO_LARGE': 413,
  '7001_UNAUTHENTICATED': 401,
  '7002_FORBIDDEN': 403,
  '2007_ALREADY_EXISTS': 409,
  '2008_CONFUSABLE_ID': 409,
};

/**
 * HTTP status of a reject code: 1xxx the message is bad, 4xxx it conflicts, else it cannot be
 * processed.
 */
export function statusOf(code: string): number {
  const known = exact[code];
  if (known !== undefined) return known;
  if (code.startsWith('1')) return 400;
  return code.startsWith('4') ? 409 : 422;
}

/** `4003_SEQUENCE_GAP` -> `Sequence gap`. */
function titleOf(code: string): string {
  const words = code.slice(5).toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function problemOf(rejection: Rejection, extensions: Record<string, unknown> = {}) {
  const problem: ProblemDetails = {
    type: `urn:novate:problem:${rejection.code}`,
    title: titleOf(rejection.code),
    status: statusOf(rejection.code),
    detail: rejection.reason,
    code: rejection.code,
    field: rejection.field,
    fix: rejection.fix,
    ...extensions,
  };
  return problem;
}

/** A refusal that carries its problem details; `ProblemFilter` writes them out. */
export class Problem extends HttpException {
  constructor(
    readonly details: ProblemDetails,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(details.title, details.status);
  }

  static of(rejection: Rejection, extensions: Record<string, unknown> = {}): Problem {
    const challenge: Record<string, string> =
      rejection.code === '7001_UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer' } : {};
    return new Problem(problemOf(rejection, extensions), challenge);
  }

  static tooManyRequests(waitMs: number): Problem {
    const seconds = String(Math.ceil(waitMs / 1000));
    return new Problem(
      {
        type: 'urn:novate:problem:TOO_MANY_REQUESTS',
        title: 'Too many requests',
        status: 429,
        detail: `This key has no requests left; the next one is free in ${waitMs} ms.`,
        fix: 'Wait as Retry-After says, or send inputs in batches.',
      },
      { 'retry-after': seconds },
    );
  }

  /** The process is stopping or its writer has ended: nothing was recorded. */
  static unavailable(detail: string): Problem {
    return new Problem({
      type: 'urn:novate:problem:UNAVAILABLE',
      title: 'Unavailable',
      status: 503,
      detail,
      fix: 'Send it again: inputs and commands are idempotent.',
    });
  }
}
