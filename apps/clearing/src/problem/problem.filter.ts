import { Catch, HttpException } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { Problem } from './problem.js';
import type { ProblemDetails } from './problem.js';

/**
 * Every refusal leaves as application/problem+json; an unexpected error tells the caller nothing of
 * its inside.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: (line: string) => void) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) return void response.destroy();
    const details = this.detailsOf(error);
    if (error instanceof Problem) response.set(error.headers);
    response.status(details.status).type('application/problem+json').send(JSON.stringify(details));
  }

  private detailsOf(error: unknown): ProblemDetails {
    if (error instanceof Problem) return error.details;
    if (error instanceof HttpException) {
      const status = error.getStatus();
      return { type: 'about:blank', title: error.name, status, detail: error.message };
    }
    this.log(`http: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    const detail = 'The request failed unexpectedly; it is in the log.';
    return { type: 'about:blank', title: 'Internal error', status: 500, detail };
  }
}
