import { Inject, Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { reject } from '#ledger';
import { Problem } from '../problem/problem.js';
import { KeyRing } from './keys.js';
import { RateLimiter } from './rate-limit.js';
import { ROLES } from './roles.js';
import type { IdentifiedRequest, StatedRole } from './roles.js';

/** Refuses a request unless its route states a role that its key has, and its key has rate left. */
@Injectable()
export class RightsGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(KeyRing) private readonly keys: KeyRing,
    @Inject(RateLimiter) private readonly limiter: RateLimiter,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const stated = this.reflector.getAllAndOverride<readonly StatedRole[] | undefined>(ROLES, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (stated?.includes('public')) return true;
    const request = context.switchToHttp().getRequest<IdentifiedRequest>();
    const principal = this.keys.fromHeader(request.headers.authorization);
    if (!principal) {
      throw Problem.of(reject('UNAUTHENTICATED', 'authorization', 'No valid API key was sent.'));
    }
    if (!stated?.includes(principal.role)) {
      throw Problem.of(
        reject('FORBIDDEN', 'authorization', `The role ${principal.role} may not do this.`),
      );
    }
    const waitMs = this.limiter.take(principal);
    if (waitMs > 0) throw Problem.tooManyRequests(waitMs);
    request.principal = principal;
    return true;
  }
}
