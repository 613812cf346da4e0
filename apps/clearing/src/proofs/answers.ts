import {
  formatVerifierKey,
  hashIn,
  KeyHistory,
  PAGE_HASHES,
  proveConsistency,
  proveInclusion,
  ProofRefused,
  type ProofStore,
  rootAt,
  type SignedCheckpoint,
  subtreesFrom,
} from '#events';

/** A signed checkpoint, with the key that verifies it. Hashes are hex. */
export interface CheckpointAnswer extends SignedCheckpoint {
  /** `<name>+<id>+<base64>`, as signed notes write keys. */
  readonly key: string;
}

export interface InclusionAnswer {
  readonly position: number;
  readonly size: number;
  readonly leaf: string;
  /** Siblings from the leaf up. */
  readonly path: readonly string[];
  readonly root: string;
  /** Where one of exactly this size was signed. */
  readonly checkpoint?: CheckpointAnswer;
}

export interface ConsistencyAnswer {
  readonly from: number;
  readonly to: number;
  readonly path: readonly string[];
  readonly fromRoot: string;
  readonly toRoot: string;
  readonly fromCheckpoint?: CheckpointAnswer;
  readonly toCheckpoint?: CheckpointAnswer;
}

export interface KeyAnswer {
  readonly key: string;
  readonly validFrom: number;
}

/** The checkpoint of a size, or the latest. @throws ProofRefused where there is none, naming the one after it */
export async function checkpointAnswer(
  store: ProofStore,
  size?: number,
): Promise<CheckpointAnswer> {
  const found = await store.checkpoint(size);
  if (found !== undefined) return withKey(store, found);
  if (size === undefined) throw new ProofRefused('log', 'no checkpoint was signed yet');
  const [next] = await store.checkpoints(size, 1);
  const hint = next === undefined ? '' : `; the next one is of size ${next.size}`;
  throw new ProofRefused(`size ${size}`, `no checkpoint was signed there${hint}`);
}

async function withKey(store: ProofStore, checkpoint: SignedCheckpoint): Promise<CheckpointAnswer> {
  const keys = new KeyHistory([...(await store.keys())]);
  return { ...checkpoint, key: formatVerifierKey(keys.at(checkpoint.size)) };
}

async function checkpointAt(
  store: ProofStore,
  size: number,
): Promise<CheckpointAnswer | undefined> {
  const found = await store.checkpoint(size);
  return found && withKey(store, found);
}

export async function keysAnswer(store: ProofStore): Promise<readonly KeyAnswer[]> {
  const keys = await store.keys();
  return keys.map(({ key, validFrom }) => ({ key: formatVerifierKey(key), validFrom }));
}

/**
 * That the event at a position is in the log of a size.
 * @param size default: of the latest checkpoint that holds the position, else all that is stored
 * @throws ProofRefused where the position or size is beyond what is proved
 */
export async function inclusionAnswer(
  store: ProofStore,
  position: number,
  size?: number,
): Promise<InclusionAnswer> {
  const stored = await store.size();
  const latest = size === undefined ? ((await store.checkpoint())?.size ?? stored) : size;
  const at = size === undefined && latest <= position ? stored : latest;
  needStored(at, stored);
  if (position >= at)
    throw new ProofRefused(`position ${position}`, `is not in the first ${at} events`);
  const source = subtreesFrom((wanted) => store.pages(wanted));
  const { path } = await proveInclusion(source, position, at);
  const [page] = await store.pages([{ tier: 0, index: Math.floor(position / PAGE_HASHES) }]);
  const checkpoint = await checkpointAt(store, at);
  return {
    position,
    size: at,
    leaf: hex(hashIn(page!, position % PAGE_HASHES)!),
    path: path.map(hex),
    root: hex(await rootAt(source, at)),
    ...(checkpoint && { checkpoint }),
  };
}

/** That the log of one size is the beginning of the log of another. @throws ProofRefused for sizes beyond what is proved */
export async function consistencyAnswer(
  store: ProofStore,
  from: number,
  to: number,
): Promise<ConsistencyAnswer> {
  needStored(to, await store.size());
  const source = subtreesFrom((wanted) => store.pages(wanted));
  const { path } = await proveConsistency(source, from, to);
  const [fromCheckpoint, toCheckpoint] = [
    await checkpointAt(store, from),
    await checkpointAt(store, to),
  ];
  return {
    ...{ from, to, path: path.map(hex) },
    fromRoot: hex(await rootAt(source, from)),
    toRoot: hex(await rootAt(source, to)),
    ...(fromCheckpoint && { fromCheckpoint }),
    ...(toCheckpoint && { toCheckpoint }),
  };
}

function needStored(size: number, stored: number): void {
  if (size <= stored) return;
  throw new ProofRefused(`size ${size}`, `is beyond the ${stored} events that are proved so far`);
}

const hex = (hash: Buffer): string => hash.toString('hex');
