export { RightsGuard } from './guard.js';
export { KeyRing } from './keys.js';
export { actorOf } from './principal.js';
export type { Principal } from './principal.js';
export { RateLimiter } from './rate-limit.js';
export type { Rate } from './rate-limit.js';
export { CurrentPrincipal, Public, Roles, ROLES } from './roles.js';
export type { IdentifiedRequest, StatedRole } from './roles.js';
