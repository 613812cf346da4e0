export { EventTable, EventTableForeign, fill, rebuildEventTable } from './event-table.js';
export type { EventTableOptions } from './event-table.js';
