/** Sorts by UTF-16 code unit: the one order used wherever an order enters state or events. */
export function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
