import { createInterface } from "node:readline/promises";
import { EstaError } from "../../errors.js";
import { type AnswerEnd, type Chat, openChat } from "../../sdk/chat.js";
import { openRun } from "../../sdk/open-run.js";
import { defineCommand, shared } from "../command.js";
import type { Output } from "../ui/output.js";
import { canAsk } from "../ui/terminal.js";

const number = { type: "number", requiresArg: true } as const;

export const command = defineCommand({
  details:
    "Talks with a palette of language models. The conversation goes on when the network is " +
    "changed with /stitch ID, so that sizes can be compared. --prompt asks once and prints the " +
    "answer, for scripts.",
  next: [["$0 export RUN --stitch ID --out DIR", "writes the network as plain weights"]],
  options: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "Folder of the run" })
      .option("stitch", { ...number, describe: "Id; the dearest of the palette unless given" })
      .option("prompt", { type: "string", requiresArg: true, describe: "Ask this, print the answer, end" })
      .option("system", { type: "string", requiresArg: true, describe: "Said to the model before all else" })
      .option("temperature", { ...number, describe: "0 takes the likeliest token; 0.7 unless given" })
      .option("top-p", { ...number, describe: "Share of probability that is drawn from; 0.95 unless given" })
      .option("top-k", { ...number, describe: "Likeliest tokens that are drawn from; 0, the default: all" })
      .option("max-tokens", { ...number, describe: "Longest answer; 256 unless given" })
      .option("seed", { ...number, describe: "Of the draws; 0 unless given" })
      .options({ python: shared.python }),
  examples: [
    ["$0 chat runs/instruct", "a conversation; /help shows what can be typed"],
    ['$0 chat runs/instruct --stitch 12 --prompt "What is a stitch?"', "one answer on stdout"],
  ],
  async run(args, output) {
    const { prompt, temperature, topP, topK, maxTokens, seed } = args;
    if (prompt === undefined && !canAsk()) {
      throw new EstaError("usage", "no terminal to talk at", { hint: "Ask one question with --prompt." });
    }
    const given = { temperature, top_p: topP, top_k: topK, max_new_tokens: maxTokens, seed };
    const sampling = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const { stitch, system, python } = args;
    const chat = await openChat(await openRun(args.run), { stitch, system, sampling, python });
    try {
      if (prompt === undefined) await converse(chat, output);
      else await answerOnce(chat, prompt, output);
    } finally {
      chat.close();
    }
  },
});

async function answerOnce(chat: Chat, prompt: string, output: Output): Promise<void> {
  const { text, end } = await collect(chat, prompt, () => {});
  output.result({ prompt, answer: text, ...end }, text);
}

/** Hands each piece on as it comes; gives the whole. */
async function collect(chat: Chat, prompt: string, onPiece: (piece: string) => void) {
  const answer = chat.say(prompt);
  let text = "";
  while (true) {
    const { value, done } = await answer.next();
    if (done) return { text, end: value as AnswerEnd };
    text += value;
    onPiece(value as string);
  }
}

const HELP = `/stitch ID   another network answers from now on
/stitches    the networks of the palette
/reset       forget what was said
/quit        end (as Ctrl-D does); Ctrl-C stops an answer, or ends where there is none`;

async function converse(chat: Chat, output: Output): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const { paint } = output;
  let answering = false;
  let interrupts = 0;
  terminal.on("SIGINT", () => {
    interrupts += 1;
    if (!answering || interrupts > 1) {
      process.exitCode = 130;
      terminal.close();
      chat.close();
    } else chat.stop();
  });
  output.note(paint.dim(`${describe(chat)}; /help shows what can be typed`));
  while (true) {
    const line = await terminal.question(paint.bold("> ")).catch(() => undefined);
    if (line === undefined || line.trim() === "/quit") break;
    if (line.trim() === "") continue;
    try {
      if (line.startsWith("/")) {
        output.note(obey(chat, line.trim()));
        continue;
      }
      [answering, interrupts] = [true, 0];
      const { end } = await collect(chat, line, (piece) => void process.stdout.write(piece));
      process.stdout.write("\n");
      const speed = end.seconds > 0 ? `, ${(end.tokens / end.seconds).toFixed(1)} a second` : "";
      const how = { stop: "", length: ", cut off", stopped: ", stopped" }[end.reason];
      output.note(paint.dim(`stitch ${end.stitch}: ${end.tokens} tokens${speed}${how}`));
    } catch (error) {
      if (process.exitCode === 130) return; // Ctrl-C twice: the engine ends in the middle of its answer
      if (!(error instanceof EstaError) || error.code === "engine") throw error;
      output.warn(error.hint === undefined ? error.message : `${error.message}. ${error.hint}`);
    } finally {
      answering = false;
    }
  }
  terminal.close();
}

/** Does what a line that begins with a slash says; gives what to show. */
function obey(chat: Chat, line: string): string {
  const [word, argument] = line.split(/\s+/);
  switch (word) {
    case "/stitch":
      chat.switchTo(Number(argument));
      return describe(chat);
    case "/stitches":
      return chat.stitches
        .map(({ id, name }) => `${id === chat.stitch ? "*" : " "} ${id}  ${name}`)
        .join("\n");
    case "/reset":
      chat.reset();
      return "a new conversation";
    case "/help":
      return HELP;
    default:
      throw new EstaError("usage", `there is no ${word}`, { hint: "/help shows what can be typed." });
  }
}

function describe(chat: Chat): string {
  const { name } = chat.stitches.find(({ id }) => id === chat.stitch) ?? { name: "?" };
  return `stitch ${chat.stitch}, ${name}`;
}
