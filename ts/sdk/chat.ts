/** Talking with the palette of a run that adapted language models; stitches are switched without reloading. */
import {
  type AnswerEnd,
  type ChatReady,
  type Message,
  openChatChannel,
  type Sampling,
} from "../engine/chat.js";
import { findInterpreter } from "../engine/interpreter.js";
import { EstaError } from "../errors.js";
import { paletteOf, type Run } from "./open-run.js";

export type { AnswerEnd, Message, Sampling } from "../engine/chat.js";

export interface ChatOptions {
  /** Id of the stitch that answers first; the dearest of the palette unless given. */
  stitch?: number | undefined;
  /** Said to the model before everything else. */
  system?: string | undefined;
  sampling?: Sampling | undefined;
  device?: "auto" | "cpu" | "cuda" | "mps" | undefined;
  python?: string | undefined;
}

/** A conversation. Its history grows by each question that was answered, if only in part. */
export interface Chat extends AsyncDisposable {
  readonly stitch: number;
  readonly stitches: ChatReady["stitches"];
  readonly messages: readonly Message[];
  /** Pieces of the answer as they come; the generator's value says how it ended. */
  say(text: string): AsyncGenerator<string, AnswerEnd>;
  /** Ends the answer that is being given. */
  stop(): void;
  /** Another stitch answers from now on. @throws EstaError("usage") for one that the palette has not. */
  switchTo(stitch: number): void;
  /** Forgets what was said. */
  reset(): void;
  close(): void;
}

/**
 * Loads the palette of `run` and begins a conversation.
 *
 * @throws EstaError("usage") for a stitch that the palette has not, and what the engine refuses.
 */
export async function openChat(run: Run, options: ChatOptions = {}): Promise<Chat> {
  const { stitches } = paletteOf(run);
  const ids = stitches.map(({ id }) => id);
  const known = (stitch: number | undefined) => {
    if (stitch !== undefined && ids.includes(stitch)) return stitch;
    throw new EstaError("usage", `stitch ${stitch} is not in the palette; it holds ${ids.join(", ")}`, {
      hint: "`esta pareto RUN` shows the palette.",
    });
  };
  let stitch = known(options.stitch ?? [...stitches].sort((a, b) => b.macs - a.macs)[0]?.id);
  const { executable } = await findInterpreter({ python: options.python ?? run.plan.config.run.python });
  const channel = await openChatChannel(executable, run.folder, options.device);
  const start = (): Message[] =>
    options.system === undefined ? [] : [{ role: "system", content: options.system }];
  let messages = start();
  // A question asked twice may be answered otherwise, yet a conversation repeats from its seed.
  let turn = 0;
  return {
    get stitch() {
      return stitch;
    },
    get messages() {
      return messages;
    },
    stitches: channel.ready.stitches,
    say: async function* (text) {
      const asked: Message[] = [...messages, { role: "user", content: text }];
      const sampling = { ...options.sampling, seed: (options.sampling?.seed ?? 0) + turn };
      const answer = channel.ask(asked, stitch, sampling);
      let told = "";
      while (true) {
        const { value, done } = await answer.next();
        if (done) {
          messages = [...asked, { role: "assistant", content: told }];
          turn += 1;
          return value;
        }
        told += value;
        yield value;
      }
    },
    stop: () => channel.stop(),
    switchTo: (wanted) => {
      stitch = known(wanted);
    },
    reset: () => {
      messages = start();
      turn = 0;
    },
    close: () => channel.close(),
    [Symbol.asyncDispose]: async () => channel.close(),
  };
}
