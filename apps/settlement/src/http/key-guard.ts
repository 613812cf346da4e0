import { createHash, timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { type SettlementCode, SettlementRefused } from '../codes.js';

const ROLES = 'novate:roles';

/** Who may call a route; one that states nobody is closed to everybody. */
export const Roles = (...roles: readonly [string, ...string[]]) => SetMetadata(ROLES, roles);
export const Public = () => Roles('public');

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Lets in who has the key of one of a route's roles. Only hashes are kept, compared in constant time. */
export class KeyGuard implements CanActivate {
  private readonly digests: ReadonlyMap<string, Buffer>;

  /**
   * @param keys by role; a role without a key is closed
   * @param refusal code for those who have none
   */
  constructor(
    private readonly reflector: Reflector,
    keys: Readonly<Record<string, string | undefined>>,
    private readonly refusal: SettlementCode,
  ) {
    const given = Object.entries(keys).flatMap(([role, key]) =>
      key === undefined ? [] : [[role, sha256(key)] as const],
    );
    this.digests = new Map(given);
  }

  canActivate(context: ExecutionContext): boolean {
    const stated = this.reflector.get<readonly string[] | undefined>(ROLES, context.getHandler());
    if (stated?.includes('public')) return true;
    const { authorization } = context.switchToHttp().getRequest<Request>().headers;
    const token = /^Bearer ([\x21-\x7e]{1,512})$/.exec(authorization ?? '')?.[1] ?? '';
    const digest = sha256(token);
    const holds = (role: string): boolean => {
      const key = this.digests.get(role);
      return key !== undefined && timingSafeEqual(digest, key);
    };
    if (token !== '' && stated?.some(holds) === true) return true;
    throw new SettlementRefused(this.refusal, 'authorization', 'no valid key was sent');
  }
}
