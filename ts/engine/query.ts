/**
 * The query channel: short questions to a resident Python. One entry, JSON text in and out, over one of two
 * transports: pythonia under Node (this is the only file that imports it), JSON lines over a child process where
 * pythonia does not load, as in Deno.
 */
import type { ChildProcess } from "node:child_process";
import { EstaError } from "../errors.js";
import { engineEnvironment } from "./job.js";
import { openLineTransport } from "./query-lines.js";

export interface QueryChannel extends AsyncDisposable {
  /** Asks `query` of the engine and gives its answer; `timeoutMs` bounds this one question. */
  ask<Answer>(query: string, parameters?: Record<string, unknown>, timeoutMs?: number): Promise<Answer>;
  close(): void;
}

/** Carries a request's text to Python and its answer's text back; rejects where Python is gone. */
export interface QueryTransport {
  request(text: string): Promise<string>;
  close(): void;
}

export type TransportName = "pythonia" | "lines";

type Reply =
  | { ok: true; result: unknown }
  | { ok: false; error: { code: string; message: string; hint?: string | null } };
interface EngineModule {
  handle(request: string): Promise<string>;
}

const DEFAULT_TIMEOUT_MS = 300_000;

/** pythonia needs Node's own module loader. */
export function usualTransport(): TransportName {
  return "Deno" in globalThis || "Bun" in globalThis ? "lines" : "pythonia";
}

/** Starts Python with the engine's query service. `python` must have been probed: a missing one ends Node. */
export async function openQueryChannel(
  python: string,
  transportName: TransportName = usualTransport(),
): Promise<QueryChannel> {
  const open = { pythonia: openPythoniaTransport, lines: openLineTransport };
  const transport = await open[transportName](python);
  return {
    ask: async <Answer>(query: string, parameters = {}, timeoutMs = DEFAULT_TIMEOUT_MS) => {
      const request = transport.request(JSON.stringify({ ...parameters, query }));
      return unwrap(JSON.parse(await withTimeout(request, timeoutMs, query)) as Reply) as Answer;
    },
    close: transport.close,
    [Symbol.asyncDispose]: async () => transport.close(),
  };
}

/** The bridge's known faults (a missing interpreter, a dying Python, time-outs) are handled here and nowhere else. */
async function openPythoniaTransport(python: string): Promise<QueryTransport> {
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
  const service = await Promise.race([pythonia.python("esta_engine.service.queries"), death]);
  return {
    request: (text) => Promise.race([service.handle(text), death]),
    close: () => pythonia.python.exit(),
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
