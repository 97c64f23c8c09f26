/** One short question to the engine: a resident Python is started, asked and closed. */
import { findInterpreter } from "../engine/interpreter.js";
import { openQueryChannel } from "../engine/query.js";

export async function queryEngine<Answer>(
  query: string,
  parameters: Record<string, unknown>,
  options: { python?: string; timeoutMs?: number } = {},
): Promise<Answer> {
  const { executable } = await findInterpreter({ python: options.python });
  const channel = await openQueryChannel(executable);
  try {
    return await channel.ask<Answer>(query, parameters, options.timeoutMs);
  } finally {
    channel.close();
  }
}
