import { createParamDecorator, SetMetadata } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { Role } from '#ledger';
import type { Principal } from './principal.js';

export const ROLES = 'novate:roles';
/** Stated roles of a route; `public` needs no key. */
export type StatedRole = Role | 'public';

/** States who may call a route. A route that states nothing is refused to everybody. */
export const Roles = (...roles: readonly [Role, ...Role[]]) => SetMetadata(ROLES, roles);

/** States that a route needs no key (liveness probes). */
export const Public = () => SetMetadata(ROLES, ['public']);

/** A request after the guard has seen it. */
export type IdentifiedRequest = Request & { principal?: Principal };

/** The principal of the request, as the guard identified it. */
export const CurrentPrincipal = createParamDecorator(
  (_: unknown, context: ExecutionContext): Principal => {
    const { principal } = context.switchToHttp().getRequest<IdentifiedRequest>();
    if (!principal) throw new Error('a public route has no principal');
    return principal;
  },
);
