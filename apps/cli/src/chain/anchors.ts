/** What chains say against what a journal replays to: settlement's own check, run from the command line. */
export * from '../../../settlement/src/reconcile/anchors.js';
