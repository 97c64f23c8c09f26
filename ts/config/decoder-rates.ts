/** Learning rates of methods with LoRA that depend on the task: defaults, for what the user did not write. */
import { under } from "./preset.js";
import { DECODER_LORA_RATES, DEFAULT_METHOD } from "./schema/method.js";
import { isRecord } from "./schema-walk.js";

/** The configuration with LoRA's rates for decoders under what is given; as it is where none are tuned with LoRA. */
export function fillDecoderRates(data: unknown): unknown {
  if (!isRecord(data) || !isRecord(data.task) || data.task.type !== "instruction-tuning") return data;
  const method = data.method === undefined ? { name: DEFAULT_METHOD } : data.method;
  if (!isRecord(method) || (method.name !== "esta" && method.name !== "lora")) return data;
  return { ...data, method: under(method, { lora: DECODER_LORA_RATES }) };
}
