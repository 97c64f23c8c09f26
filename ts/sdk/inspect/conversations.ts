/** Rows of instruction tuning: `messages`, or `instruction`, `input` and `output` (or `choices` and `answer`). */
import type { Row } from "./columns.js";

/** Why the engine would refuse the row; undefined where it looks right. */
export function conversationFault(row: Row): string | undefined {
  if (row.messages !== undefined && row.messages !== null) return messagesFault(row.messages);
  if (!isText(row.instruction)) return "has neither messages nor an instruction";
  if (Array.isArray(row.choices)) {
    const answer = Number(row.answer ?? Number.NaN);
    const inside = Number.isInteger(answer) && answer >= 0 && answer < row.choices.length;
    return inside ? undefined : "has choices, but its answer is the index of none of them";
  }
  return isText(row.output) ? undefined : "has no output";
}

function messagesFault(messages: unknown): string | undefined {
  if (!Array.isArray(messages) || messages.length === 0) return "has messages that are no list";
  const odd = messages.findIndex((message) => !isText(message?.role) || typeof message?.content !== "string");
  if (odd >= 0) return `has no role and content in message ${odd + 1}`;
  return messages.some(({ role }) => role === "assistant") ? undefined : "has no message of the assistant";
}

/** Everything that is said in the row, to tell its length. */
export function conversationText(row: Row): string {
  if (Array.isArray(row.messages)) return row.messages.map((message) => message?.content ?? "").join("\n");
  return [row.instruction, row.input, row.output].filter(isText).join("\n");
}

const isText = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";
