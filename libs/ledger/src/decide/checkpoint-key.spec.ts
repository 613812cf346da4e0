import { describe, expect, it } from '@jest/globals';
import { rotateKey, signingKey } from '#events';
import { decide, step } from '../house.js';
import { stateHash } from '../state-hash.js';
import { StateTree } from '../state-tree/state-tree.js';
import { initialState } from '../state.js';

const key = (seed: string, name = 'log.example') => signingKey(name, seed.repeat(32));

function rotate(...args: Parameters<typeof rotateKey>) {
  const base = { commandId: `key|${args[2]}`, actor: 'novate', occurredAt: 1 };
  return { ...base, kind: 'rotate-checkpoint-key' as const, ...rotateKey(...args) };
}

describe('the key of the log’s checkpoints', () => {
  const state = initialState();
  const empty = stateHash(state);
  step(state, rotate(key('01'), undefined, 0));

  it('is part of the state, from its event on', () => {
    expect(state.checkpointKey).toEqual({
      keyName: 'log.example',
      publicKey: key('01').verifier.publicKey,
    });
    expect(stateHash(state)).not.toBe(empty);
  });
  it('is an entry the state tree hashes again when it changes', () => {
    const fresh = initialState();
    const tree = new StateTree(fresh);
    step(fresh, rotate(key('01'), undefined, 0));
    expect(tree.root()).toBe(stateHash(state));
    expect(tree.prove('checkpoint-key', 'log')?.line).toContain('log.example');
  });
  it('is replaced where the key in force says so', () => {
    const { events, rejection } = decide(state, rotate(key('02'), key('01'), 9));
    expect(rejection).toBeUndefined();
    expect(events.map(({ type }) => type)).toEqual(['CheckpointKeyRotated']);
  });
  it.each([
    ['nobody', rotate(key('02'), undefined, 9), '1010_BAD_SIGNATURE'],
    ['another key', rotate(key('02'), key('03'), 9), '1010_BAD_SIGNATURE'],
    ['the right key for another log', rotate(key('02', 'b'), key('01'), 9), '1010_BAD_SIGNATURE'],
    ['the key itself', rotate(key('01'), key('01'), 9), '2007_ALREADY_EXISTS'],
  ])('is not replaced where %s says so', (_, command, code) => {
    const { events, rejection } = decide(state, command);
    expect([events, rejection?.code]).toEqual([[], code]);
  });
});
