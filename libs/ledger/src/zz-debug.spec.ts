import { test } from '@jest/globals';
import { numbered } from './testing/driver.js';
import { planOf } from './testing/plan.js';
import { feed } from './testing/simulate.js';
import { readFileSync } from 'node:fs';
import { setup } from './testing/world.js';
import { initialState, step } from '#ledger';
import { toCommand } from './testing/driver.js';
const setupProblems = () => {
  const s = initialState();
  return setup(2).flatMap((c, i) => {
    const d = step(s, toCommand({ command: c }, i));
    return d.rejection ? [c, d.rejection] : [];
  });
};
test('x', () => {
  const r = JSON.parse(readFileSync('/tmp/dbg/h.json', 'utf8'));
  const run = feed(numbered(planOf(r)));
  console.log(setupProblems());
  const out = run.events
    .filter(
      (e) =>
        ![
          'WindowReconciled',
          'AssetRegistered',
          'AccountOpened',
          'MemberRegistered',
          'InstrumentListed',
          'VenueRegistered',
        ].includes(e.type),
    )
    .map((e) => e.type + ' ' + JSON.stringify(e.data))
    .join('\n');
  console.log(out.slice(-4500));
});
