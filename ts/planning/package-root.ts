/** Where estakit itself lies: the folder of its package.json, the same from sources and from `dist`. */
import { fileURLToPath } from "node:url";

export const packageRoot = (): string => fileURLToPath(new URL("../../", import.meta.url));
