/** Which files are images, by name and by their first bytes. Names are those that the engine reads. */
import { open } from "node:fs/promises";
import { extname } from "node:path";

const IMAGE_ENDINGS = new Set([
  ...[".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"],
]);

export const hasImageName = (file: string): boolean => IMAGE_ENDINGS.has(extname(file).toLowerCase());

/** First bytes of the formats above, from their specifications; WebP's name follows a size. */
const SIGNATURES = [
  /^\x89PNG/,
  /^\xff\xd8\xff/,
  /^BM/,
  /^GIF8/,
  /^RIFF.{4}WEBP/s,
  /^II\*\0/,
  /^MM\0\*/,
  /^P[1-7]\s/,
];

/** Why the file at `path` is no image, judged by its first bytes; undefined where it looks like one. */
export async function faultOfImage(path: string): Promise<string | undefined> {
  let start: string;
  try {
    await using file = await open(path);
    const buffer = Buffer.alloc(16);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    start = buffer.toString("latin1", 0, bytesRead);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "is missing" : "cannot be read";
  }
  if (start === "") return "is empty";
  return SIGNATURES.some((signature) => signature.test(start))
    ? undefined
    : "is no image, by its first bytes";
}
