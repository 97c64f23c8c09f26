/** What `doctor` looks at outside Python: memory, disk, GPU driver, browser. */
import { accessSync, constants, existsSync, readFileSync, statfsSync } from "node:fs";
import { freemem, totalmem } from "node:os";
import { delimiter, join } from "node:path";
import type { Check } from "./doctor-check.js";

const GIB = 2 ** 30;
/** Of the embedded family's runs: torch and transformers take about 0.6 GiB before any tensor. */
const MEMORY_BYTES = 2 * GIB;
/** A run folder of the embedded family takes some MB; below this even logs and checkpoints may fail. */
const DISK_BYTES = GIB;
const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];

/** Memory that processes may use, within the container's limit where there is one. */
export function memoryCheck(total = availableTotal(), free = freemem()): Check {
  const usable = Math.min(total, free);
  const found = `${gib(usable)} free of ${gib(total)}`;
  const needed = `${gib(MEMORY_BYTES)} free for small families; \`esta plan\` estimates a run's need`;
  if (usable >= MEMORY_BYTES) return { name: "memory", status: "ok", found, needed };
  const hint =
    "Close other programs; a smaller training.batch_size or training.activation_checkpointing helps.";
  return { name: "memory", status: "warning", found, needed, hint };
}

function availableTotal(): number {
  const limit = process.constrainedMemory();
  // Without a limit it is 0, or larger than the machine.
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}

/** Free space where runs would be written. */
export function diskCheck(folder: string, freeBytes = freeSpace(folder)): Check {
  const needed = `${gib(DISK_BYTES)} free for runs; set-up takes about 3 GiB once`;
  if (freeBytes === null) {
    const found = `cannot look at the disk of ${folder}`;
    return { name: "disk", status: "warning", found, needed, hint: "Check that the folder exists." };
  }
  const found = `${gib(freeBytes)} free in ${folder}`;
  if (freeBytes >= DISK_BYTES) return { name: "disk", status: "ok", found, needed };
  return {
    name: "disk",
    status: "warning",
    found,
    needed,
    hint: "Free some space, or use another --run-dir.",
  };
}

function freeSpace(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** Version of the NVIDIA driver as Linux tells it, "present" where only its tool is found, null without one. */
export function gpuDriverVersion(): string | null {
  try {
    const text = readFileSync("/proc/driver/nvidia/version", "utf8");
    return /Kernel Module\D*([\d.]+)/.exec(text)?.[1] ?? "present";
  } catch {
    return findOnPath(["nvidia-smi"]) === null ? null : "present";
  }
}

/** A browser, which only tests of the reports need. */
export function browserCheck(): Check {
  const found = findOnPath(BROWSERS);
  const needed = "only to run estakit's own tests of reports";
  if (found !== null) return { name: "browser", status: "ok", found, needed };
  const hint = "On Debian and Ubuntu: apt install chromium. Without it those tests are skipped.";
  return { name: "browser", status: "warning", found: "none", needed, hint };
}

function findOnPath(names: readonly string[]): string | null {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const endings = process.platform === "win32" ? [".exe"] : [""];
  for (const name of names) {
    for (const folder of folders) {
      const file = endings.map((ending) => join(folder, name + ending)).find(isProgram);
      if (file !== undefined) return file;
    }
  }
  return null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return existsSync(file);
  } catch {
    return false;
  }
}

const gib = (bytes: number) => `${(bytes / GIB).toFixed(1)} GiB`;
