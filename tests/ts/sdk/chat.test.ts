/** Talking with a real palette of pico decoders through a real engine process. */
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findInterpreter } from "../../../ts/engine/interpreter.js";
import { type AnswerEnd, type Chat, openChat } from "../../../ts/sdk/chat.js";
import { openRun, type Run } from "../../../ts/sdk/open-run.js";
import { scratch } from "../../scratch.js";

const PICO = fileURLToPath(new URL("../../python/chat_run.py", import.meta.url));
let place: string;
let run: Run;
let chat: Chat;

beforeAll(async () => {
  place = scratch();
  const { executable } = await findInterpreter();
  const { stdout } = await execa(executable, [PICO, place]);
  run = await openRun(stdout.trim());
  chat = await openChat(run, { stitch: 0, sampling: { max_new_tokens: 6, temperature: 0 } });
}, 120_000);

afterAll(() => {
  chat?.close();
});

async function say(partner: Chat, text: string): Promise<{ pieces: string[]; end: AnswerEnd }> {
  const pieces: string[] = [];
  const answer = partner.say(text);
  while (true) {
    const { value, done } = await answer.next();
    if (done) return { pieces, end: value };
    pieces.push(value);
  }
}

test("answers come in pieces, and the history grows by question and answer", async () => {
  const { pieces, end } = await say(chat, "w5 w6");
  expect(pieces.length).toBeGreaterThan(0);
  expect(end).toMatchObject({ stitch: 0 });
  expect(end.tokens).toBeGreaterThanOrEqual(1);
  expect(chat.messages).toEqual([
    { role: "user", content: "w5 w6" },
    { role: "assistant", content: pieces.join("") },
  ]);
});

test("another stitch answers after a switch, and a reset conversation repeats itself", async () => {
  chat.reset();
  const first = await say(chat, "w7 w8 w9");
  chat.switchTo(4);
  chat.reset();
  const second = await say(chat, "w7 w8 w9");
  chat.switchTo(0);
  chat.reset();
  const third = await say(chat, "w7 w8 w9");
  expect(second.end.stitch).toBe(4);
  expect(third.pieces).toEqual(first.pieces);
  expect(second.pieces).not.toEqual(first.pieces);
});

test("a stitch outside the palette is refused before and after the start", async () => {
  expect(() => chat.switchTo(2)).toThrow("stitch 2 is not in the palette; it holds 0, 1, 4");
  await expect(openChat(run, { stitch: 2 })).rejects.toMatchObject({ code: "usage" });
});

test("an answer that is stopped says so, and the next one comes", async () => {
  const long = await openChat(run, { stitch: 1, sampling: { max_new_tokens: 50, seed: 3 } });
  try {
    const answer = long.say("w5");
    await answer.next();
    long.stop();
    let last = await answer.next();
    while (!last.done) last = await answer.next();
    expect(["stopped", "stop"]).toContain(last.value.reason);
    expect(last.value.tokens).toBeLessThan(50);
    expect((await say(long, "w6")).end.tokens).toBeGreaterThanOrEqual(1);
  } finally {
    long.close();
  }
}, 60_000);

test("what the engine refuses is an error, and the conversation goes on", async () => {
  chat.reset();
  await expect(say(chat, "w5 ".repeat(100))).rejects.toMatchObject({
    code: "engine",
    message: expect.stringContaining("the networks have positions for 64"),
  });
  expect(chat.messages).toEqual([]);
  expect((await say(chat, "w5")).end.tokens).toBeGreaterThanOrEqual(1);
});
