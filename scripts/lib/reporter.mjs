import { writeFileSync } from 'node:fs';

const REASON = /\(?skipped: ([^\n]*?)\)?$/;

/** A skipped test and its reason, which the helpers of test/support put into the title of the describe block. */
function explain({ ancestorTitles, title, fullName }) {
  const titles = [...ancestorTitles, title];
  const reason = titles.map((each) => REASON.exec(each)?.[1]).find(Boolean);
  const name = titles.map((each) => each.replace(REASON, '').trim()).filter(Boolean);
  return { name: reason ? name.join(' > ') : fullName, why: reason ?? 'it does not say why' };
}

/** Jest reporter that leaves the counts and the reasons for scripts/test.mjs to print last. */
export default class Reporter {
  onRunComplete(_contexts, results) {
    const skipped = results.testResults.flatMap(({ testResults }) =>
      testResults.filter(({ status }) => !['passed', 'failed'].includes(status)).map(explain),
    );
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const counts = { passed: results.numPassedTests, failed, skipped };
    writeFileSync(process.env.NOVATE_TEST_RESULTS, JSON.stringify(counts));
  }
}
