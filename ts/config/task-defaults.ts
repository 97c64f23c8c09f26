/** Defaults of a method that depend on the task, for what the user did not write. */
import { under } from "./preset.js";
import { DECODER_LORA_RATES, DEFAULT_METHOD, TEXT_HEAD_START } from "./schema/method.js";
import { isRecord } from "./schema-walk.js";

/** The configuration with its task's defaults under what is given; as it is where the schema's own hold. */
export function fillTaskDefaults(data: unknown): unknown {
  if (!isRecord(data) || !isRecord(data.task)) return data;
  const { type } = data.task;
  const isTuned = type === "instruction-tuning";
  if (!isTuned && type !== "text-classification") return data;
  const method = data.method === undefined ? { name: DEFAULT_METHOD } : data.method;
  if (!isRecord(method)) return data;
  const hasLora = method.name === "esta" || method.name === "lora";
  return {
    ...data,
    method: under(method, {
      initialisation: { heads: TEXT_HEAD_START },
      ...(isTuned && hasLora ? { lora: DECODER_LORA_RATES } : {}),
    }),
  };
}
