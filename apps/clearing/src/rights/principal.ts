import type { Role } from '#ledger';

/** Who a request comes from: the role of its key and the id that key was issued to. */
export interface Principal {
  readonly role: Role;
  /** Id of the venue, custodian, member or co-signer; else the role's own name. */
  readonly id: string;
}

/**
 * The actor recorded in events: role and id, so that a member and a venue of one name stay apart.
 */
export function actorOf(principal: Principal): string {
  return `${principal.role}:${principal.id}`;
}
