import { Controller, Headers, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { commandRoles, reject } from '#ledger';
import type { Command } from '#ledger';
import { KernelError, RiskError } from '#risk';
import { Engine, recordedEvents } from '../../engine/index.js';
import type { Outcome } from '../../engine/index.js';
import { Assessor } from '../../margin/index.js';
import { PersonalDesk } from '../../personal/index.js';
import { Problem } from '../../problem/index.js';
import { actorOf, CurrentPrincipal, Roles } from '../../rights/index.js';
import type { Principal } from '../../rights/index.js';
import { Clock } from './clock.js';
import { readBody } from './body.js';
import { commandShapes, isRequestKind } from './command-shapes.js';
import { isTraceparent } from '../reader.js';
import type { RequestKind } from './command-shapes.js';
import { Idempotency } from './idempotency.js';
import { parseJson } from './json.js';
import { ShapeError } from './shape.js';
import { submitted } from './submitted.js';
import { foreignAccount } from './tenant.js';

const MAX_BODY = 64 * 1024;
/** A factor history is a table, and a parameter document is text in text. */
const MAX_LARGE_BODY = 1024 * 1024;
const large: ReadonlySet<RequestKind> = new Set(['record-factor-history', 'propose-risk-model']);
const MAX_DEPTH = 8;
const KEY = /^[\x21-\x7e]{1,128}$/;

/** What a command recorded. */
export interface CommandResult {
  readonly position: number;
  readonly events: readonly {
    readonly position: number;
    readonly type: string;
    readonly id: string;
  }[];
}

/** Commands of the operator, of the risk officer, of the settlement service and of members. Each names its role in the ledger's `commandRoles`. */
@ApiTags('commands')
@Controller('v1/commands')
export class CommandsController {
  private readonly idempotency = new Idempotency<CommandResult>();

  constructor(
    @Inject(Engine) private readonly engine: Engine,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(Assessor) private readonly assessor: Assessor,
    @Inject(PersonalDesk) private readonly desk: PersonalDesk,
  ) {}

  @Post(':kind')
  @HttpCode(201)
  @Roles('operator', 'risk', 'member', 'settlement')
  @ApiOperation({ summary: 'Give one command. The Idempotency-Key header is required.' })
  async give(
    @Param('kind') kind: string,
    @Headers('idempotency-key') key: string | undefined,
    @Req() request: Request,
    @CurrentPrincipal() principal: Principal,
  ): Promise<CommandResult> {
    if (!isRequestKind(kind)) {
      const detail = `There is no command ${JSON.stringify(kind.slice(0, 64))}.`;
      throw new Problem({ type: 'about:blank', title: 'Unknown command', status: 404, detail });
    }
    if (!commandRoles[kind].includes(principal.role)) {
      const reason = `The role ${principal.role} may not give the command ${kind}.`;
      throw Problem.of(reject('FORBIDDEN', 'kind', reason));
    }
    if (key === undefined || !KEY.test(key)) {
      const reason = 'Idempotency-Key has to be 1 to 128 printable characters.';
      throw Problem.of(reject('SCHEMA_VIOLATION', 'idempotency-key', reason));
    }
    const body = await readBody(request, large.has(kind) ? MAX_LARGE_BODY : MAX_BODY);
    const commandId = `${actorOf(principal)}|${key}`;
    const traceparent = request.headers['traceparent'];
    return this.idempotency.run(
      `${kind}|${commandId}`,
      body,
      () => this.run(this.commandOf(kind, commandId, body, principal, traceparent), principal),
      () => {
        const reason = 'This Idempotency-Key was used with another body.';
        return Problem.of(reject('ALREADY_EXISTS', 'idempotency-key', reason));
      },
    );
  }

  private commandOf(
    kind: RequestKind,
    commandId: string,
    body: Buffer,
    principal: Principal,
    traceparent: string | string[] | undefined,
  ): Command {
    const parsed = parseJson(body, MAX_DEPTH);
    if (!parsed.ok) throw Problem.of(parsed.rejection);
    try {
      const fields = commandShapes[kind](parsed.value, '');
      const trace = isTraceparent(traceparent) ? { traceparent } : {};
      const base = { commandId, actor: actorOf(principal), occurredAt: this.clock.now(), ...trace };
      // The shape table ties each kind to its fields; the union cannot express that pairing here.
      return { ...fields, ...base, kind } as Command;
    } catch (error) {
      throw error instanceof ShapeError ? Problem.of(error.rejection) : error;
    }
  }

  /** A model that cannot run here must not be waiting for a cut. */
  private rehearse(command: Command): void {
    try {
      this.assessor.rehearse(this.engine.state, command);
    } catch (error) {
      if (!(
        error instanceof RiskError ||
        error instanceof KernelError ||
        error instanceof SyntaxError
      )) {
        throw error;
      }
      throw Problem.of(reject('MODEL_NOT_RUNNABLE', 'parameters', error.message));
    }
  }

  private async run(command: Command, principal: Principal): Promise<CommandResult> {
    if (principal.role === 'member') {
      const foreign = foreignAccount(this.engine.state, command, principal.id);
      if (foreign) throw Problem.of(foreign);
    }
    this.rehearse(command);
    const submit = async (sealed: Command): Promise<Outcome | undefined> => {
      const [outcome] = await submitted(this.engine, [{ command: sealed }]);
      return outcome;
    };
    const outcome = await this.desk.give(this.engine.state, command, submit);
    if (!outcome) throw Problem.unavailable('The engine gave no answer.');
    if (outcome.rejection) throw Problem.of(outcome.rejection);
    const events = recordedEvents(outcome).map(({ position, type, id }) => ({
      position,
      type,
      id,
    }));
    return { position: outcome.position, events };
  }
}
