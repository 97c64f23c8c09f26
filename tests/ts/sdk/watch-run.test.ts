/** A run folder as another process fills it: growing, torn, begun anew, killed; the process is a real one. */
import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { writePlan } from "../../../ts/planning/plan-file.js";
import { makeFamilyPlan } from "../../../ts/sdk/make-family-plan.js";
import { runStatus, watchRun } from "../../../ts/sdk/watch-run.js";
import { scratch } from "../../scratch.js";

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** A process that looks like the engine by its command line, as the lock's owner does. */
function engine(words = "esta_engine"): ChildProcess {
  const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)", words], { stdio: "ignore" });
  children.push(child);
  return child;
}

async function runFolder(child?: ChildProcess): Promise<string> {
  const folder = scratch();
  await writePlan(join(folder, "plan.json"), await makeFamilyPlan("tiny-vit"));
  if (child !== undefined) writeFileSync(join(folder, ".lock"), `${child.pid}\n`);
  return folder;
}

const line = (event: string, more: object = {}) =>
  `${JSON.stringify({ schema_version: 1, run_id: "r", time: new Date().toISOString(), event, ...more })}\n`;
const STARTED = line("started", {
  ...{
    command: "adapt",
    method: "esta",
    device: "cpu",
    threads: 1,
    stitches: 31,
    steps: 9,
    resumed_from_step: null,
  },
});
const FINISHED = line("finished", { outputs: [], seconds: 2, training_seconds: 1 });
const events = (folder: string) => join(folder, "events.ndjson");

describe("status", () => {
  test("waiting, running, killed, finished", async () => {
    const child = engine();
    const folder = await runFolder(child);
    expect(await runStatus(folder)).toMatchObject({ state: "waiting", process: child.pid });
    writeFileSync(events(folder), STARTED);
    expect(await runStatus(folder)).toMatchObject({ state: "running", process: child.pid, steps: 9 });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    expect(await runStatus(folder)).toMatchObject({ state: "killed", process: null });
    appendFileSync(events(folder), FINISHED);
    expect(await runStatus(folder)).toMatchObject({ state: "finished" });
  });

  test.skipIf(process.platform !== "linux")(
    "a process that only has the engine's number is not taken for it",
    async () => {
      const folder = await runFolder(engine("something else"));
      writeFileSync(events(folder), STARTED);
      expect(await runStatus(folder)).toMatchObject({ state: "killed" });
    },
  );

  test("a folder that is no run is refused", async () => {
    await expect(runStatus(scratch())).rejects.toMatchObject({
      code: "usage",
    });
  });
});

describe("watching", () => {
  test("everything so far comes first, then what is appended, and it ends with the engine", async () => {
    const child = engine();
    const folder = await runFolder(child);
    writeFileSync(events(folder), STARTED);
    const batches: string[][] = [];
    for await (const batch of watchRun(folder)) {
      batches.push(batch.map(({ event }) => event));
      if (batches.length === 1) {
        // Half a line is no event yet.
        const text = line("checkpoint", { step: 3, write_ms: 1 });
        appendFileSync(events(folder), text.slice(0, 20));
        await sleep(600);
        appendFileSync(events(folder), text.slice(20));
      }
      if (batches.length === 2) {
        appendFileSync(events(folder), FINISHED);
        child.kill("SIGKILL");
      }
    }
    expect(batches).toEqual([["started"], ["checkpoint"], ["finished"]]);
  });

  test("a run begun anew in the folder is read from its start", async () => {
    const child = engine();
    const folder = await runFolder(child);
    writeFileSync(events(folder), STARTED + line("checkpoint", { step: 3, write_ms: 1 }));
    const seen: string[] = [];
    for await (const batch of watchRun(folder)) {
      seen.push(...batch.map(({ event }) => event));
      if (seen.length === 2) writeFileSync(events(folder), STARTED);
      if (seen.length === 3) child.kill("SIGKILL");
    }
    expect(seen).toEqual(["started", "checkpoint", "started"]);
  });

  test("aborting ends it while the run goes on", async () => {
    const folder = await runFolder(engine());
    writeFileSync(events(folder), STARTED);
    const abort = new AbortController();
    let batches = 0;
    for await (const batch of watchRun(folder, { signal: abort.signal })) {
      batches += batch.length;
      abort.abort();
    }
    expect(batches).toBe(1);
  });

  test("a file that something else wrote is refused", async () => {
    const folder = await runFolder();
    writeFileSync(events(folder), "hello\n");
    const watch = async () => {
      for await (const _ of watchRun(folder)) {
        // Nothing comes.
      }
    };
    await expect(watch()).rejects.toMatchObject({ code: "configuration" });
  });
});
