/**
 * Words that both languages act on: tests/contract/terms.json holds TypeScript's, and tests/python/contract/test_terms.py
 * holds the engine's to it. After a wanted change: `npx vitest run tests/ts/config/terms.test.ts -u`.
 */
import { expect, test } from "vitest";
import { fieldOf } from "../../../ts/analysis/fields.js";
import { FAMILY_KINDS } from "../../../ts/config/schema/family.js";
import {
  ALONE_METHODS,
  DEFAULT_SCORING,
  METHOD_NAMES,
  TUNING_METHODS,
} from "../../../ts/config/schema/method.js";
import { CLASSIFICATION_METRICS, LANGUAGE_METRICS, TASK_TYPES } from "../../../ts/config/schema/task.js";
import { KINDS_FOR_TASK } from "../../../ts/planning/task.js";

test("the words that the engine acts on are those of the contract", async () => {
  const tasksOf = (kind: (typeof FAMILY_KINDS)[number]) =>
    TASK_TYPES.filter((type) => KINDS_FOR_TASK[type].includes(kind));
  const terms = {
    tasks_of_kinds: Object.fromEntries(FAMILY_KINDS.map((kind) => [kind, tasksOf(kind)])),
    methods: METHOD_NAMES,
    alone_methods: ALONE_METHODS,
    tuning_methods: TUNING_METHODS,
    default_scoring: DEFAULT_SCORING,
    better: Object.fromEntries(
      [...CLASSIFICATION_METRICS, ...LANGUAGE_METRICS].map((metric) => [metric, fieldOf(metric).better]),
    ),
  };
  const text = `${JSON.stringify(terms, null, 2)}\n`;
  await expect(text).toMatchFileSnapshot("../../contract/terms.json");
});
