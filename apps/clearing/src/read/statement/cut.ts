export { type Cut, CutNotFound, resolveCut } from '#ledger';
