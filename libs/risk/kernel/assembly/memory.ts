/** The loader refuses another number. It changes when an export's meaning or the layout of a record changes. */
export function abi(): i32 {
  return 1;
}

/** `bytes` of memory, 16-byte aligned, not cleared. Traps where no more is to be had: a kernel out of memory gives no answer. */
export function alloc(bytes: usize): usize {
  return heap.alloc(bytes);
}

/** Gives back what `alloc` gave; 0 is allowed. */
export function free(pointer: usize): void {
  if (pointer !== 0) heap.free(pointer);
}
