/**
 * The chat channel: one engine process that keeps a palette resident and answers, JSON lines both ways (see
 * python/esta_engine/service/chat.py). Answers stream; one that is being given can be stopped.
 */
import { execa } from "execa";
import { z } from "zod";
import { type ErrorCode, EstaError } from "../errors.js";
import { engineEnvironment } from "./job.js";

const stitchSchema = z.object({ id: z.number(), name: z.string(), macs: z.number(), params: z.number() });
const readySchema = z.object({
  stitches: z.array(stitchSchema),
  context: z.number().describe("Tokens that a conversation may have."),
  template: z.boolean().describe("Whether the tokenizer brings a chat template; else a plain one is used."),
});
export type ChatReady = z.infer<typeof readySchema>;

const doneSchema = z.object({
  stitch: z.number(),
  reason: z.enum(["stop", "length", "stopped"]),
  prompt_tokens: z.number(),
  tokens: z.number(),
  seconds: z.number(),
});
/** How an answer ended: a stop token, the length allowed, or because it was stopped. */
export type AnswerEnd = z.infer<typeof doneSchema>;

const lineSchema = z.union([
  z.object({ ready: readySchema }),
  z.object({ text: z.string() }),
  z.object({ done: doneSchema }),
  z.object({ error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullish() }) }),
]);

export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

/** Of the next token's distribution; what is left out has the engine's default. */
export interface Sampling {
  max_new_tokens?: number;
  temperature?: number;
  top_k?: number;
  top_p?: number;
  seed?: number;
}

export interface ChatChannel {
  readonly ready: ChatReady;
  /** Pieces of the next answer as they come; the generator's value is how it ended. One at a time. */
  ask(messages: readonly Message[], stitch: number, sampling: Sampling): AsyncGenerator<string, AnswerEnd>;
  /** Ends the answer that is being given, after its next token. */
  stop(): void;
  close(): void;
}

/**
 * Starts the engine and waits until the palette is loaded.
 *
 * @throws EstaError of the engine's refusal, or EstaError("engine") where it died.
 */
export async function openChatChannel(
  python: string,
  runDir: string,
  device = "auto",
  env: Record<string, string> = {},
): Promise<ChatChannel> {
  const child = execa(python, ["-m", "esta_engine", "chat", "--run-dir", runDir, "--device", device], {
    env: { ...engineEnvironment(), ...env },
    stdio: ["pipe", "pipe", "pipe"],
    buffer: { stdout: false, stderr: true },
    maxBuffer: { stderr: 1_000_000 },
    reject: false,
    // Ctrl-C at a terminal reaches the whole process group; the engine ignores it, and we stop it with stdin.
    cleanup: true,
  });
  const lines = child.iterable({ from: "stdout", binary: false })[Symbol.asyncIterator]();
  const send = (request: unknown) => void child.stdin.write(`${JSON.stringify(request)}\n`);
  child.stdin.on("error", () => {}); // its death is told by the lines' end

  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw lost(String((await child).stderr ?? ""));
    const line = lineSchema.parse(JSON.parse(String(value)));
    if ("error" in line) throw refusal(line.error);
    return line;
  };
  const first = await next();
  if (!("ready" in first)) throw lost("");
  return {
    ready: first.ready,
    ask: async function* (messages, stitch, sampling) {
      send({ messages, stitch, sampling });
      while (true) {
        const line = await next();
        if ("done" in line) return line.done;
        if ("text" in line) yield line.text;
      }
    },
    stop: () => send({ stop: true }),
    close: () => void child.stdin.end(),
  };
}

const CODES: Record<string, ErrorCode> = { plan: "configuration", environment: "environment" };

function refusal({
  code,
  message,
  hint,
}: {
  code: string;
  message: string;
  hint?: string | null | undefined;
}) {
  return new EstaError(CODES[code] ?? "engine", message, hint ? { hint } : {});
}

function lost(stderr: string): EstaError {
  const lastWords = stderr.trim().split("\n").slice(-15).join("\n");
  return new EstaError(
    "engine",
    `the engine ended while it was talked with${lastWords && `:\n${lastWords}`}`,
    {
      hint: "`esta doctor` checks the environment; the system may have run out of memory.",
    },
  );
}
