/** What a run may measure on the test split: the palette, or every stitch of the plan. By itself, since `--help` asks too. */
export const STITCH_SETS = ["palette", "all"] as const;
