/**
 * A lock between processes: a folder, because making one is atomic everywhere. Its file `owner.json` names the
 * process and the tool that it runs. A lock is stale when both are dead, or (for owners on other machines, and for
 * process ids that were given out again) when it was not touched for a minute of the waiter's own time.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const TOUCH_MS = 5_000;
const STALE_MS = 60_000;
const POLL_MS = 200;

/**
 * Runs `work(lock)` while holding the lock folder `path`. `onWait(pid)` is called once if another process holds it.
 * `lock.setChild(pid)` names the tool that works for the owner: an orphan of a killed owner is still waited for.
 */
export async function withLock(path, work, { onWait, signal } = {}) {
  const token = await acquire(path, onWait, signal);
  const timer = setInterval(() => touch(path), TOUCH_MS);
  timer.unref();
  try {
    return await work({ setChild: (child) => writeOwner(path, { ...token, child }) });
  } finally {
    clearInterval(timer);
    if (readOwner(path)?.id === token.id) rmSync(path, { recursive: true, force: true });
  }
}

async function acquire(path, onWait, signal) {
  const token = {
    id: `${hostname()}-${process.pid}-${Date.now()}`,
    pid: process.pid,
    host: hostname(),
    child: 0,
  };
  mkdirSync(dirname(path), { recursive: true });
  let seen = { modified: 0, since: Date.now() };
  let told = false;
  while (true) {
    signal?.throwIfAborted();
    try {
      mkdirSync(path);
      writeOwner(path, token);
      return token;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const owner = readOwner(path);
    const modified = modifiedAt(path);
    if (modified !== seen.modified) seen = { modified, since: Date.now() };
    if (isDead(owner) || Date.now() - seen.since > STALE_MS) {
      removeStale(path, owner);
      continue;
    }
    if (!told && owner !== null) {
      told = true;
      onWait?.(owner.pid);
    }
    await sleep(POLL_MS);
  }
}

/** Renames before deleting: of two waiters that judge the same lock stale, one removes it. */
function removeStale(path, judged) {
  const away = `${path}.stale-${process.pid}-${Date.now()}`;
  try {
    renameSync(path, away);
  } catch {
    return;
  }
  if (readOwner(away)?.id !== judged?.id) {
    // Somebody else was faster, and this is the new owner's lock: give it back.
    try {
      renameSync(away, path);
      return;
    } catch {
      // A third one has it by now.
    }
  }
  rmSync(away, { recursive: true, force: true });
}

/** True for an owner on this machine that is gone together with its tool. */
function isDead(owner) {
  if (owner === null || owner.host !== hostname()) return false;
  return !isAlive(owner.pid) && !(owner.child > 0 && isAlive(owner.child));
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function writeOwner(path, owner) {
  const file = join(path, "owner.json");
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(owner));
  renameSync(draft, file);
}

function readOwner(path) {
  try {
    return JSON.parse(readFileSync(join(path, "owner.json"), "utf8"));
  } catch {
    return null;
  }
}

function modifiedAt(path) {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function touch(path) {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // The lock was taken away; the work that it guarded is nearly over or will fail by itself.
  }
}
