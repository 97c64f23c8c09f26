/** One thing that `doctor` looked at. */
export interface Check {
  name: string;
  /** error: CPU runs do not work; warning: they do, but something is worse than it could be. */
  status: "ok" | "warning" | "error";
  found: string;
  needed: string;
  /** What to do; absent where there is nothing to do. */
  hint?: string;
}
