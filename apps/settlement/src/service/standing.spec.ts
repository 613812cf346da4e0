import { expect, it } from '@jest/globals';
import { Standing } from './standing.js';

it('says what stands in the way once, and again when it comes back', () => {
  const lines: string[] = [];
  const standing = new Standing((line) => lines.push(line));
  const turn = (...said: string[]) => {
    for (const line of said) standing.say(line);
    standing.turned();
  };
  turn('a', 'a', 'b');
  turn('a');
  turn('a', 'b');
  expect(lines).toEqual(['a', 'b', 'b']);
  turn();
  turn('a');
  expect(lines).toEqual(['a', 'b', 'b', 'a']);
});
