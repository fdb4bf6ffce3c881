/** The last line of a test run, for people and for scripts: `Tests: N passed, N failed`. */
export default class TotalsReporter {
  onRunComplete(_contexts, results) {
    // A file that could not even be loaded counts as a failed test.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const other = results.numPendingTests + results.numTodoTests;
    const line = `Tests: ${results.numPassedTests} passed, ${failed} failed${other ? `, ${other} not run` : ''}`;
    // Jest's own summary comes after all reporters.
    process.once('exit', () => console.error(`\n${line}`));
  }
}
