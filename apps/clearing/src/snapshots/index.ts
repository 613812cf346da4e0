export { Snapshots } from './snapshots.js';
export type { SnapshotsOptions } from './snapshots.js';
