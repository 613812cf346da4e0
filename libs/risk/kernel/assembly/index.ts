/** The kernel's door: whatever is exported here is an export of the binary, and part of its hash. */
export { abi, alloc, free } from './memory';
export { exp, log } from './elementary';
export { erf, erfc, normalCdf, normalPdf, normalQuantile } from './normal';
export { black76Batch } from './black76';
export { optionGreeks, optionPrice } from './pricing';
export { piecewise } from './piecewise';
export { impliedVol } from './implied';
export { historyAdd, historyDates, historyFree, historyNew, historySeal } from './history';
export { addLeg, allFinite, losses, worst } from './losses';
export { blockWeights } from './candidates';
export { shortfall } from './shortfall';
export { greatestRow, gridLosses } from './grid';
export { jacobi } from './jacobi';
export { rules } from './rules';
export { basisArray, linearArray } from './arrays';
export { optionArray, piecewiseArray } from './repriced';
