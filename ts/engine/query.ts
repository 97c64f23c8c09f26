/**
 * The query channel: short questions to a resident Python, through pythonia (the only file that imports it).
 * One entry, `handle`, JSON text in and out, so that none of the bridge's own conversions is relied upon;
 * its known faults (a missing interpreter, a dying Python, time-outs) are handled here and nowhere else.
 */
import type { ChildProcess } from "node:child_process";
import { EstaError } from "../errors.js";
import { engineEnvironment } from "./job.js";

export interface QueryChannel extends AsyncDisposable {
  /** Asks `query` of the engine and gives its answer; `timeoutMs` bounds this one question. */
  ask<Answer>(query: string, parameters?: Record<string, unknown>, timeoutMs?: number): Promise<Answer>;
  close(): void;
}

type Reply =
  | { ok: true; result: unknown }
  | { ok: false; error: { code: string; message: string; hint?: string | null } };
interface EngineModule {
  handle(request: string): Promise<string>;
}

const DEFAULT_TIMEOUT_MS = 300_000;

/** Starts Python with the engine's query service. `python` must have been probed: a missing one ends Node. */
export async function openQueryChannel(python: string): Promise<QueryChannel> {
  process.env.PYTHON_BIN = python;
  process.env.REQ_TIMEOUT = "0";
  process.env.PYTHONPATH = engineEnvironment().PYTHONPATH;
  const pythonia = (await import("pythonia")).default as unknown as {
    python: ((module: string) => Promise<EngineModule>) & { exit(): void };
    com: { proc: ChildProcess };
  };
  const death = new Promise<never>((_, reject) => {
    const lost = (how: string) => () =>
      reject(new EstaError("engine", `Python ended ${how} while it was asked`));
    pythonia.com.proc.once("error", lost("with an error"));
    pythonia.com.proc.once("exit", lost("unexpectedly"));
  });
  death.catch(() => {});
  const close = () => pythonia.python.exit();
  const service = await Promise.race([pythonia.python("esta_engine.service.queries"), death]);
  return {
    ask: async <Answer>(query: string, parameters = {}, timeoutMs = DEFAULT_TIMEOUT_MS) => {
      const reply = await withTimeout(
        Promise.race([service.handle(JSON.stringify({ ...parameters, query })), death]),
        timeoutMs,
        query,
      );
      return unwrap(JSON.parse(reply) as Reply) as Answer;
    },
    close,
    [Symbol.asyncDispose]: async () => close(),
  };
}

function unwrap(reply: Reply): unknown {
  if (reply.ok) return reply.result;
  const { code, message, hint } = reply.error;
  const kind = code === "environment" ? "environment" : code === "plan" ? "configuration" : "engine";
  throw new EstaError(kind, message, hint ? { hint } : {});
}

async function withTimeout<T>(work: Promise<T>, timeoutMs: number, query: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `Python did not answer "${query}" within ${timeoutMs / 1000} s`;
    timer = setTimeout(() => reject(new EstaError("engine", message)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
