/** The query channel over both of its transports, against the engine itself and against processes that fail. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pythonOf, ROOT, venvFolder } from "../../../scripts/setup/index.mjs";
import {
  openQueryChannel,
  type QueryChannel,
  type TransportName,
  usualTransport,
} from "../../../ts/engine/query.js";
import { scratch } from "../../scratch.js";

const PYTHON = pythonOf(venvFolder(ROOT));
const MODEL = join(ROOT, "models", "tiny-vit", "tiny-vit-s");

describe.each<TransportName>(["pythonia", "lines"])("the engine over %s", (transport) => {
  let channel: QueryChannel;
  beforeAll(async () => {
    channel = await openQueryChannel(PYTHON, transport);
  });
  afterAll(() => channel.close());

  it("answers, each question with its own answer", async () => {
    const folders = [MODEL, "/nowhere", MODEL];
    const answers = await Promise.allSettled(folders.map((folder) => channel.ask("describe", { folder })));
    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(answers[0]).toMatchObject({ value: { config: { model_type: "vit" } } });
    expect(answers[2]).toEqual(answers[0]);
    expect(answers[1]).toMatchObject({
      reason: { code: "engine", message: "/nowhere holds no config.json" },
    });
  });

  it("carries every letter, and refuses what it does not know", async () => {
    const odd = 'é\u2028"\\\n%';
    await expect(channel.ask("describe", { folder: odd })).rejects.toMatchObject({
      message: `${odd} holds no config.json`,
    });
    await expect(channel.ask("nonsense")).rejects.toMatchObject({ code: "configuration" });
  });
});

describe("a Python that fails, over lines", () => {
  const open = (script: string) => {
    const python = join(scratch(), "python");
    writeFileSync(python, `#!/bin/sh\n${script}\n`);
    chmodSync(python, 0o755);
    return openQueryChannel(python, "lines");
  };

  it("is named with its last words, and every later question fails too", async () => {
    const channel = await open("read line; echo 'no memory' >&2; exit 3");
    const lost = { code: "engine", message: "Python ended unexpectedly while it was asked:\nno memory" };
    await expect(channel.ask("environment")).rejects.toMatchObject(lost);
    await expect(channel.ask("environment")).rejects.toMatchObject(lost);
  });

  it("is not waited for beyond the question's time", async () => {
    const channel = await open("cat >/dev/null");
    await expect(channel.ask("environment", {}, 50)).rejects.toThrow(
      'Python did not answer "environment" within 0.05 s',
    );
    channel.close();
  });
});

it("Deno, which cannot load pythonia, is given lines", () => {
  expect(usualTransport()).toBe("pythonia");
  try {
    Object.assign(globalThis, { Deno: {} });
    expect(usualTransport()).toBe("lines");
  } finally {
    Reflect.deleteProperty(globalThis, "Deno");
  }
});
