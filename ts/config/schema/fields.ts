/** Building blocks that every section of the configuration shares. */
import { z } from "zod";

/** Sizes above this are typing errors, not models; it also keeps every cost an exact integer. */
export const LARGEST_SIZE = 2 ** 24;

export const size = z.int().min(1).max(LARGEST_SIZE);
export const count = z.int().min(0).max(LARGEST_SIZE);
export const positive = z.number().gt(0);
export const fraction = z.number().gt(0).lt(1);
export const share = z.number().min(0).max(1);
export const seed = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
/** A name that is safe in file names and on the command line. */
export const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/, {
  error: "a name starts with a letter or digit and holds only letters, digits and . _ + -",
});
/** A path; a relative one is resolved against the folder of the file that holds it. */
export const path = z.string().min(1);
