/** The set-up as the beginning of a command of this repository. */
import { SetupError } from "./failures.mjs";
import { bootstrap } from "./index.mjs";

/** Runs `bootstrap` for a command: messages to stderr, Ctrl-C ends it cleanly, 3 or 128 + signal as exit code. */
export async function bootstrapOrExit(options) {
  const abort = new AbortController();
  let caught;
  const stop = (name, number) => {
    caught = number;
    abort.abort(new SetupError(`stopped by ${name}`, { hint: "Start again: what is done is kept." }));
  };
  const handlers = { SIGINT: () => stop("SIGINT", 2), SIGTERM: () => stop("SIGTERM", 15) };
  for (const [name, handler] of Object.entries(handlers)) process.once(name, handler);
  try {
    return await bootstrap({
      ...options,
      signal: abort.signal,
      onMessage: (text) => process.stderr.write(`set-up: ${text}\n`),
    });
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    if (error.output) process.stderr.write(`${error.output}\n`);
    process.stderr.write(`set-up: ${error.message}\n${error.hint ? `  ${error.hint}\n` : ""}`);
    process.exit(caught === undefined ? 3 : 128 + caught);
  } finally {
    for (const [name, handler] of Object.entries(handlers)) process.removeListener(name, handler);
  }
}
