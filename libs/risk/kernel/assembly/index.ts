/** The kernel's door: whatever is exported here is an export of the binary, and part of its hash. */
export { abi, alloc, free } from './memory';
export { historyAdd, historyDates, historyFree, historyNew, historySeal } from './history';
export { addLeg, allFinite, losses, worst } from './losses';
export { shortfall } from './shortfall';
export { gridLosses } from './grid';
export { jacobi } from './jacobi';
export { rules } from './rules';
