import { Controller, Get, Inject, Query, UsePipes } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiOperation,
  ApiPropertyOptional,
  ApiProperty,
  ApiTags,
} from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { ProofRefused, type ProofStore } from '#events';
import { invalidQuery, notFound } from '../read/query/page.js';
import { queryPipe } from '../read/query/pipe.js';
import { OkFlat } from '../read/query/schemas.js';
import { Roles } from '../rights/index.js';
import { checkpointAnswer, consistencyAnswer, inclusionAnswer, keysAnswer } from './answers.js';

export const PROOF_STORE = Symbol('PROOF_STORE');

/** Who may read every event. */
const readers = ['operator', 'risk', 'regulator', 'settlement', 'cosigner'] as const;
const everybody = [...readers, 'member', 'venue', 'custody'] as const;

export class CheckpointQuery {
  @ApiPropertyOptional({
    type: 'integer',
    description: 'Of exactly this size; default the latest.',
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  size?: number;
}

export class InclusionQuery extends CheckpointQuery {
  @ApiProperty({ type: 'integer', description: 'Position of the event.' })
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  position!: number;
}

export class ConsistencyQuery {
  @ApiProperty({ type: 'integer', description: 'Size of the older log, from 1.' })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  from!: number;

  @ApiProperty({ type: 'integer', description: 'Size of the newer log.' })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  to!: number;
}

/**
 * The log as outsiders verify it. Everybody with a key may see what was signed. A proof shows the hashes of neighbouring
 * events, from which what they say can be guessed by trying, so proofs are for those who may read every event anyway.
 */
@Controller('v1/log')
@ApiTags('log')
@ApiBearerAuth()
@UsePipes(queryPipe())
export class LogController {
  constructor(@Inject(PROOF_STORE) private readonly store: ProofStore) {}

  @Get('checkpoint')
  @Roles(...everybody)
  @ApiOperation({
    summary: 'A signed checkpoint of the log (C2SP tlog-checkpoint), and the key that verifies it.',
  })
  @OkFlat('Checkpoint')
  checkpoint(@Query() { size }: CheckpointQuery) {
    return answered(() => checkpointAnswer(this.store, size));
  }

  @Get('keys')
  @Roles(...everybody)
  @ApiOperation({ summary: 'The keys that signed checkpoints, each with the size it signs from.' })
  @OkFlat('CheckpointKeys')
  async keys() {
    return { data: await keysAnswer(this.store) };
  }

  @Get('proof/inclusion')
  @Roles(...readers)
  @ApiOperation({ summary: 'RFC 9162 proof that the event at a position is in the log of a size.' })
  @OkFlat('InclusionProof')
  inclusion(@Query() { position, size }: InclusionQuery) {
    return answered(() => inclusionAnswer(this.store, position, size));
  }

  @Get('proof/consistency')
  @Roles(...readers)
  @ApiOperation({
    summary: 'RFC 9162 proof that the log of one size is the beginning of the log of another.',
  })
  @OkFlat('ConsistencyProof')
  consistency(@Query() { from, to }: ConsistencyQuery) {
    return answered(() => consistencyAnswer(this.store, from, to));
  }
}

/** A refusal in the API's words: what is not there yet is not found, what never can be is no query. */
async function answered<T>(answer: () => Promise<T>): Promise<T> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof ProofRefused)) throw error;
    const [field = 'size'] = error.place.split(' ');
    const name = field === 'log' ? 'size' : field;
    const impossible = /is not from 1 to|is not in the first/.test(error.reason);
    if (!impossible) throw notFound(name, `${error.message}.`);
    throw invalidQuery(
      name,
      `${error.message}.`,
      'GET /v1/log/checkpoint says how far the log goes.',
    );
  }
}
