import type { AnyNewEvent } from '#events';
import { cutDue } from './barrier.js';
import type { Command, Decision } from './commands.js';
import { assertTouched } from './conservation.js';
import { decideCut } from './cut/cut.js';
import { fact, need, type Origin, Refusal } from './decide/context.js';
import { rotateCheckpointKey } from './decide/checkpoint-key.js';
import { decideInput, place } from './decide/input.js';
import * as personal from './decide/personal.js';
import * as reference from './decide/reference.js';
import * as request from './decide/request.js';
import * as risk from './decide/risk.js';
import * as rails from './rails/decide.js';
import { serveExit } from './rails/exit.js';
import { evolve } from './evolve.js';
import { readiness, validStream } from './readiness.js';
import { type Assess, assessAccounts } from './risk/assess.js';
import { type HouseState, streamKey } from './state.js';

/** What a command makes of the state: facts, a rejection, or both (a rejected input is itself a fact). Pure. */
export function decide(state: HouseState, command: Command): Decision {
  if (command.kind === 'input') return decideInput(state, command);
  if (command.kind === 'unreadable') return decideUnreadable(state, command);
  const origin: Origin = {
    source: `command|${command.commandId}`,
    actor: command.actor,
    occurredAt: command.occurredAt,
    ...(command.traceparent === undefined ? {} : { traceparent: command.traceparent }),
  };
  try {
    needWellFormed(command);
    return { events: decideRequest(state, command, origin) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { events: [], rejection: error.rejection };
  }
}

/** Free text of a command must have canonical bytes: half a surrogate pair has none. */
function needWellFormed(command: Request): void {
  for (const [field, value] of Object.entries(command)) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    // JSON escapes a lone surrogate, so in nested values it shows as \\udXXX.
    const ok = text.isWellFormed() && (typeof value === 'string' || !/\\ud[89a-f]/.test(text));
    need(ok, 'INVALID_ENCODING', field, `${field} has half a surrogate pair`);
  }
}

type Request = Exclude<Command, { kind: 'input' } | { kind: 'unreadable' }>;

function decideRequest(state: HouseState, command: Request, origin: Origin): AnyNewEvent[] {
  switch (command.kind) {
    case 'register-asset':
      return reference.registerAsset(state, command, origin);
    case 'register-member':
      return reference.registerMember(state, command, origin);
    case 'request-erasure':
      return personal.requestErasure(state, command, origin);
    case 'withdraw-erasure':
      return personal.withdrawErasure(state, command, origin);
    case 'approve-erasure':
      return personal.approveErasure(state, command, origin);
    case 'open-account':
      return reference.openAccount(state, command, origin);
    case 'register-venue':
      return reference.registerVenue(state, command, origin);
    case 'list-instrument':
      return reference.listInstrument(state, command, origin);
    case 'change-limits':
      return reference.changeLimits(state, command, origin);
    case 'suspend':
    case 'resume':
      return reference.changeSuspension(state, command, origin);
    case 'accept-gap':
      return request.acceptGap(state, command, origin);
    case 'end-wait':
      return request.endWait(state, command, origin);
    case 'request-withdrawal':
      return request.requestWithdrawal(state, command, origin);
    case 'transfer-position':
      return request.transferPosition(state, command, origin);
    case 'propose-give-up':
      return request.proposeGiveUp(state, command, origin);
    case 'accept-give-up':
      return request.acceptGiveUp(state, command, origin);
    case 'reject-give-up':
      return request.rejectGiveUp(state, command, origin);
    case 'record-factor-history':
      return risk.recordHistory(state, command, origin);
    case 'record-factor-day':
      return risk.recordDay(state, command, origin);
    case 'propose-risk-model':
      return risk.proposeModel(state, command, origin);
    case 'approve-risk-model':
      return risk.approveModel(state, command, origin);
    case 'withdraw-risk-model':
      return risk.withdrawModel(state, command, origin);
    case 'propose-rail':
      return rails.proposeRail(state, command, origin);
    case 'approve-rail':
      return rails.approveRail(state, command, origin);
    case 'withdraw-rail':
      return rails.withdrawRail(state, command, origin);
    case 'resume-rail':
      return rails.resumeRail(state, command, origin);
    case 'open-settlement-account':
      return rails.openSettlementAccount(state, command, origin);
    case 'serve-exit':
      return serveExit(state, command, origin);
    case 'finalize-leg':
      return rails.finalizeLeg(state, command, origin);
    case 'record-finality-violation':
      return rails.recordFinalityViolation(state, command, origin);
    case 'rotate-checkpoint-key':
      return rotateCheckpointKey(state, command, origin);
  }
}

/** A message that could not be read is recorded; where its envelope was readable it takes its place in its stream. */
function decideUnreadable(
  state: HouseState,
  command: Extract<Command, { kind: 'unreadable' }>,
): Decision {
  const { at, rejection, actor, occurredAt } = command;
  const source = command.source();
  const consumed =
    at !== undefined &&
    validStream(state, at.stream) === undefined &&
    readiness(state, at) === 'ready';
  const stream = at === undefined ? '' : `${streamKey(at.stream)}|${at.sequence}`;
  const origin = {
    source: `unreadable|${stream}|${place(source, command.delivery)}`,
    actor,
    occurredAt,
  };
  const data = {
    ...rejection,
    ...(at === undefined ? {} : { at }),
    consumed,
    controlTotal: '0',
    source,
  };
  return { events: [fact(origin, 0, 'InputRejected', data)], rejection };
}

/**
 * Decides a command, applies its facts, and cuts every window that has become complete. With an assessor every account is
 * assessed on the state as each cut leaves it, so that a cycle and its requirements are recorded together. All facts, in order.
 */
export function step(state: HouseState, command: Command, assess?: Assess): Decision {
  const decision = decide(state, command);
  if (decision.events.length === 0) return decision;
  const events: AnyNewEvent[] = [];
  applyAll(state, decision.events, events);
  while (cutDue(state)) {
    const cut = decideCut(state);
    applyAll(state, cut, events);
    const last = cut.at(-1);
    if (assess === undefined || last?.type !== 'CycleCompleted') continue;
    applyAll(state, assessAccounts(state, last.data, assess), events);
  }
  return { ...decision, events };
}

function applyAll(state: HouseState, made: readonly AnyNewEvent[], events: AnyNewEvent[]): void {
  for (const event of made) {
    evolve(state, event);
    assertTouched(state, event);
    events.push(event);
  }
}
