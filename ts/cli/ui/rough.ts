/** Estimates as people say them. */

/** Seconds as a rough time: "under a minute", "about 3 min", "about 2 h", "about 4 days". */
export function roughTime(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return "unknown";
  if (seconds < 50) return "under a minute";
  if (seconds < 99 * 60) return `about ${coarse(seconds / 60)} min`;
  if (seconds < 47 * 3600) return `about ${coarse(seconds / 3600)} h`;
  return `about ${coarse(seconds / 86_400)} days`;
}

/** One digit below ten, else two digits of which the last is 0 or 5: no more is known. */
function coarse(value: number): number {
  return value < 10 ? Math.round(value) : Math.round(value / 5) * 5;
}
