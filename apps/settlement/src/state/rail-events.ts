import type { Hex } from 'viem';
import type { HaltCode, Inclusion, Sealing, Violation } from './rail-state.js';

/** What has happened to a rail. Plain data: it may be stored as JSON. */
export type RailEvent =
  | { readonly type: 'LegQueued'; readonly seq: number }
  | { readonly type: 'BatchSealed'; readonly seq: number; readonly sealing: Sealing }
  | { readonly type: 'BatchRecalled'; readonly seq: number; readonly sealing: Sealing }
  | { readonly type: 'CosignersAsked'; readonly seq: number }
  | {
      readonly type: 'BatchSigned';
      readonly seq: number;
      readonly signer: Hex;
      readonly signature: Hex;
    }
  | {
      readonly type: 'BatchDisputed';
      readonly seq: number;
      readonly signer: Hex;
      readonly code: string;
    }
  | { readonly type: 'BatchReady'; readonly seq: number }
  | { readonly type: 'BatchSent'; readonly seq: number; readonly transaction: Hex }
  | { readonly type: 'BatchIncluded'; readonly seq: number; readonly inclusion: Inclusion }
  | { readonly type: 'BatchSafe'; readonly seq: number }
  | { readonly type: 'BatchFinal'; readonly seq: number; readonly inclusion: Inclusion }
  | { readonly type: 'LegHanded'; readonly seq: number }
  | { readonly type: 'BatchReconciled'; readonly seq: number }
  | { readonly type: 'BatchReorged'; readonly seq: number }
  /** No chain can take the last sealing any more; `block` is the final block that proves it. */
  | { readonly type: 'BatchExpired'; readonly seq: number; readonly block: number }
  | { readonly type: 'FinalityLost'; readonly seq: number; readonly violation: Violation }
  | { readonly type: 'ViolationReported'; readonly seq: number }
  | {
      readonly type: 'BatchHalted';
      readonly seq: number;
      readonly code: HaltCode;
      readonly reason: string;
    }
  | { readonly type: 'BatchResumed'; readonly seq: number; readonly by: string };
