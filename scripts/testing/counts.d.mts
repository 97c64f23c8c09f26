export interface Counts {
  passed: number;
  failed: number;
  skipped: { name: string; reason: string }[];
}

export function readVitestCounts(file: string): Counts | null;
export function readJunitCounts(file: string): Counts | null;
export function judge(counts: Counts | null, code: number): Counts;
export function summary(passed: number, failed: number, skipped: number): string;
