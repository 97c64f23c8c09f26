/**
 * A vitest reporter that writes the counts of a run to the file named by ESTAKIT_VITEST_COUNTS, as
 * `{passed, failed, skipped: [{name, reason}]}`. vitest's own JSON reporter leaves out why a test was skipped.
 */
import { writeFileSync } from "node:fs";

export default class VitestCounts {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: [] };
    for (const module of modules) {
      // A file that cannot be loaded, and a group whose preparation fails, have no tests that could fail.
      const groups = [module, ...module.children.allSuites()];
      const broken = groups.filter((group) => group.errors().length > 0);
      counts.failed += broken.length;
      const unsaid = broken.length > 0 ? "the preparation of its group or file failed" : "no reason given";
      for (const test of module.children.allTests()) countTest(test, counts, unsaid);
    }
    const file = process.env.ESTAKIT_VITEST_COUNTS;
    if (file) writeFileSync(file, JSON.stringify(counts));
  }
}

function countTest(test, counts, unsaid) {
  const { state, note } = test.result();
  if (state === "passed") counts.passed += 1;
  else if (state === "skipped") counts.skipped.push({ name: test.fullName, reason: note ?? unsaid });
  else counts.failed += 1;
}
