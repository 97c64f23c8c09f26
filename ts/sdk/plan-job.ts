/** Short jobs that need a plan and no run folder: measuring a step, trying shapes. Their answer is one event. */
import type { EngineEvent } from "../engine/events.js";
import { findInterpreter } from "../engine/interpreter.js";
import { startJob } from "../engine/job.js";
import { EstaError } from "../errors.js";
import type { Plan } from "../planning/plan-schema.js";
import { planForEngine } from "./plan-for-engine.js";

export interface PlanJobOptions {
  python?: string | undefined;
  signal?: AbortSignal | undefined;
}

interface PlanJob<Name extends EngineEvent["event"]> extends PlanJobOptions {
  /** The engine's command, and its arguments after `--plan FILE`. */
  command: string;
  args?: readonly string[];
  env?: Record<string, string>;
  /** The event that is the answer. */
  answer: Name;
}

/** @throws EstaError */
export async function runPlanJob<Name extends EngineEvent["event"]>(
  plan: Plan,
  job: PlanJob<Name>,
): Promise<Extract<EngineEvent, { event: Name }>> {
  const { executable } = await findInterpreter({ python: job.python ?? plan.config.run.python });
  const file = await planForEngine(plan);
  try {
    const args = [job.command, "--plan", file.path, ...(job.args ?? [])];
    const running = startJob({ python: executable, args, env: job.env, signal: job.signal });
    let found: EngineEvent | undefined;
    for await (const event of running) if (event.event === job.answer) found = event;
    await running.result;
    if (found === undefined)
      throw new EstaError("engine", `${job.command} was stopped before it had an answer`);
    return found as Extract<EngineEvent, { event: Name }>;
  } finally {
    await file.remove();
  }
}
