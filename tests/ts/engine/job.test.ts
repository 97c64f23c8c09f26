/** The job channel against real processes that speak (or fail to speak) as the engine does. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { EngineEvent } from "../../../ts/engine/events.js";
import { type Job, startJob } from "../../../ts/engine/job.js";
import { EstaError } from "../../../ts/errors.js";
import { scratch } from "../../scratch.js";

const HEAD = { schema_version: 1, run_id: "r", time: "2026-01-01T00:00:00Z" };
const PHASE = { ...HEAD, event: "phase", phase: "train", total: 3 };
const FINISHED = { ...HEAD, event: "finished", outputs: ["a"], seconds: 1, training_seconds: 1 };
const STOPPED = { ...HEAD, event: "stopped", signal: "SIGTERM", step: 2, checkpoint_step: 2 };
const failed = (code: string) => ({
  ...HEAD,
  event: "failed",
  code,
  message: "what went wrong",
  hint: "what to do",
  step: 7,
  stitch: 3,
  checkpoint_step: 5,
});

/** Starts a shell script in place of the interpreter. */
function start(script: string, options: { signal?: AbortSignal } = {}): Job {
  const python = join(scratch(), "python");
  writeFileSync(python, `#!/bin/sh\n${script}\n`);
  chmodSync(python, 0o755);
  return startJob({ python, args: [], ...options });
}

const say = (...events: object[]) => events.map((event) => `echo '${JSON.stringify(event)}' >&3`).join("\n");

async function collect(job: Job): Promise<EngineEvent[]> {
  const events: EngineEvent[] = [];
  for await (const event of job) events.push(event);
  return events;
}

describe("a job", () => {
  test("gives every event in order, untouched by prints on stdout and stderr, then its end", async () => {
    const job = start(`echo noise; echo more >&2\n${say(PHASE, FINISHED)}`);
    expect(await collect(job)).toEqual([PHASE, FINISHED]);
    expect(await job.result).toEqual(FINISHED);
  });

  test("settles although nobody iterates it", async () => {
    expect(await start(say(PHASE, FINISHED)).result).toEqual(FINISHED);
  });

  test.each([
    ["plan", "configuration", 2],
    ["environment", "environment", 3],
    ["numeric", "engine", 4],
    ["busy", "engine", 4],
    ["unexpected", "unexpected", 1],
  ])("a failure of kind %s is an EstaError of code %s, exit code %i", async (kind, code, exitCode) => {
    const error = await start(`${say(failed(kind))}\nexit 4`).result.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(EstaError);
    expect(error).toMatchObject({ code, exitCode, message: "what went wrong", hint: "what to do" });
    expect((error as EstaError).details).toMatchObject({ step: 7, stitch: 3, checkpoint_step: 5 });
  });

  test("cancel asks for a checkpoint and gives the stopped event, whatever the exit code", async () => {
    const wait = "while :; do sleep 0.05; done";
    const job = start(`stop() {\n${say(STOPPED)}\nexit 0\n}\ntrap stop TERM\n${say(PHASE)}\n${wait}`);
    for await (const event of job) if (event.event === "phase") job.cancel();
    expect(await job.result).toMatchObject({ event: "stopped", step: 2 });
  });

  test("an engine that is killed is an engine failure that says so and how to go on", async () => {
    const error = await start("kill -9 $$").result.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "engine", message: expect.stringContaining("SIGKILL") });
    expect((error as EstaError).hint).toContain("esta resume");
  });

  test("an engine that dies before it can speak passes on its last words", async () => {
    const error = await start("echo 'No module named esta_engine' >&2; exit 3").result.catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ code: "environment", message: expect.stringContaining("No module named") });
  });

  test.each([
    ["another version", say({ ...HEAD, event: "novelty" })],
    ["no JSON at all", "echo novelty >&3"],
  ])("an event of %s is refused, not misread", async (_, script) => {
    const error = await start(script).result.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "unexpected", message: expect.stringContaining("novelty") });
  });
});
