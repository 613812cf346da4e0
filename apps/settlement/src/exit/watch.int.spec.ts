import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { foundry } from 'viem/chains';
import { ChainHouse } from '../../../../contracts/testing/house.js';
import { agreedValue, Quorum } from '../rpc/index.js';
import { startNode, type TestNode } from '../testing/node.js';
import { ExitWatch } from './watch.js';

const RAIL = `${foundry.id}/USDT`;
const INDEX = 40;

describe('forced exits, watched', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startNode({ chainId: foundry.id, slotsInAnEpoch: 1 });
  }, 30_000);
  afterAll(() => node.stop());

  it('wake somebody once they are final, with the day by which they have to be served', async () => {
    const house = await ChainHouse.open(node.url);
    await house.mint(house.self, 1_000n);
    await house.approve();
    await house.open([INDEX], () => house.self);
    await house.deposit(INDEX, 700n);
    const quorum = new Quorum({ chainId: foundry.id, providers: [node.chain], agree: 1 });
    const lines: string[] = [];
    const watch = new ExitWatch(quorum, 0n, (line) => lines.push(line));
    const turn = async () => {
      const { finalized } = agreedValue(await quorum.heights());
      await watch.turn(RAIL, house.rail.ledger, agreedValue(await quorum.block(finalized)));
    };
    await turn();
    await house.requestExit(INDEX);
    await turn();
    expect([watch.open, lines]).toEqual([[], []]);
    await node.mine(4);
    await turn();
    await turn();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/ALARM 31337\/USDT: forced exit 1: index 40 asks for 700 units/);
    expect(watch.open).toMatchObject([{ rail: RAIL, number: 1, index: INDEX, amount: 700n }]);

    await house.passTime(8 * 86_400);
    await house.freeze(INDEX);
    await node.mine(4);
    await turn();
    expect(lines[1]).toContain('frozen for good');
  }, 30_000);
});
