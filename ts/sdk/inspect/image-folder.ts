/** Image folders: one sub-folder a class, as the engine reads them. */
import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { classCounts, type FoundData, MOST_EXAMPLES, OddFiles } from "./found-data.js";
import { faultOfImage, hasImageName } from "./image-files.js";

/** First bytes are read of so many images, evenly spread. */
const MOST_OPENED = 500;
/** How many entries of a class folder are looked at to tell whether it holds images. */
const PEEKED = 50;

/** Counts the image folder at `folder`. */
export async function inspectImageFolder(folder: string): Promise<FoundData> {
  const odd = new OddFiles();
  const counts = new Map<string, number>();
  const images: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith(".")) continue;
    if (!(await isFolder(folder, entry)))
      odd.add(entry.name, "lies beside the class folders and is left out");
    else counts.set(entry.name, await countClass(join(folder, entry.name), images, odd, folder));
  }
  for (const image of spread(images, MOST_OPENED)) {
    const fault = await faultOfImage(image);
    if (fault !== undefined) odd.add(relative(folder, image), fault);
  }
  return {
    ...{ task: "image-classification", format: "image-folder" },
    train: folder,
    examples: images.length,
    complete: images.length < MOST_EXAMPLES,
    classes: classCounts(counts),
    class_count: counts.size,
    ...odd.fields,
  };
}

async function countClass(folder: string, images: string[], odd: OddFiles, root: string): Promise<number> {
  const before = images.length;
  if (before >= MOST_EXAMPLES) return 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || entry.name.startsWith(".")) continue;
    const path = join(entry.parentPath, entry.name);
    if (!hasImageName(entry.name)) odd.add(relative(root, path), "is left out: its name is no image's");
    else if (images.length < MOST_EXAMPLES) images.push(path);
  }
  if (images.length === before) odd.add(relative(root, folder), "is a class without images");
  return images.length - before;
}

/** Whether `folder` has at least two sub-folders that hold images. */
export async function isImageFolder(folder: string): Promise<boolean> {
  let classes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith(".") || !(await isFolder(folder, entry))) continue;
    if (await holdsImages(join(folder, entry.name))) classes += 1;
    if (classes === 2) return true;
  }
  return false;
}

async function holdsImages(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.slice(0, PEEKED).some((entry) => hasImageName(entry.name));
}

/** Sub-folders are classes even where they are links. */
async function isFolder(
  parent: string,
  entry: { name: string; isDirectory(): boolean; isSymbolicLink(): boolean },
): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return (await stat(join(parent, entry.name)).catch(() => undefined))?.isDirectory() ?? false;
}

/** At most `most` of the list, evenly spread over it. */
function spread<Item>(list: readonly Item[], most: number): Item[] {
  const stride = Math.max(1, list.length / most);
  const picked: Item[] = [];
  for (let at = 0; at < list.length; at += stride) picked.push(list[Math.floor(at)] as Item);
  return picked;
}
