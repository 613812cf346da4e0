/** The kernel's door: whatever is exported here is an export of the binary, and part of its hash. */
export { abi, alloc, free } from './memory';
