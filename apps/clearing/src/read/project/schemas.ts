/**
 * Where a version of the read model stands: the one that is queried, the one that is being built beside it, and the one
 * that was queried before the last swap. A swap renames them, so Prisma, policies and rights stay as they are.
 */
export type ReadSchema = 'read' | 'read_next' | 'read_before';
