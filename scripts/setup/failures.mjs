/** Failures of the set-up that are to be expected, explained: what was got, what is needed, what to do. */

/** An expected failure. `hint` says what to do; `output` holds the last lines of the tool that failed, if any. */
export class SetupError extends Error {
  name = "SetupError";

  constructor(message, { hint, output = "" } = {}) {
    super(message);
    this.hint = hint;
    this.output = output;
  }
}

/** What a tool's output tells about why it failed, most telling first. `%s` is the folder that was set up. */
const CAUSES = [
  {
    pattern: /ENOSPC|No space left on device|\[Errno 28\]|not enough space on the disk/i,
    cause: "the disk is full",
    hint: "Free some space on the disk of %s (about 3 GB; 10 GB for a CUDA build of PyTorch) and start again.",
  },
  {
    pattern: /ensurepip is not available|No module named '?(venv|ensurepip)/,
    cause: "Python's venv module is not installed",
    hint: "On Debian and Ubuntu: apt install python3-venv. Or name another Python: ESTAKIT_PYTHON=/path/to/python3.",
  },
  {
    pattern: /EACCES|EROFS|Permission denied|Read-only file system|\[Errno 13\]/i,
    cause: "no permission to write there",
    hint: "Make %s writable for this user, or move the project to a folder of your own.",
  },
  {
    pattern:
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|name resolution|Network is unreachable|NewConnectionError|ConnectTimeoutError|ReadTimeoutError|Max retries exceeded|getaddrinfo/i,
    cause: "the package registry cannot be reached",
    hint: "Check the network and its proxy settings (npm config, pip config), then start again: what is done is kept.",
  },
  {
    pattern: /CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)/,
    cause: "the package registry's certificate is not trusted",
    hint: "Behind an inspecting proxy, set NODE_EXTRA_CA_CERTS and PIP_CERT to its certificate.",
  },
  {
    pattern: /No matching distribution found for (\S+)|Could not find a version that satisfies/i,
    cause: "a pinned package has no build for this Python and platform, or the index does not have it",
    hint: "Use Python 3.10 to 3.13 (64 bit), e.g. ESTAKIT_PYTHON=/usr/bin/python3.12; check `pip config list`.",
  },
  {
    pattern: /can only install packages when your package\.json and package-lock\.json.*in sync/i,
    cause: "package.json and package-lock.json do not agree",
    hint: "Run `npm install` once, which brings the lock in line.",
  },
];

/**
 * The SetupError for a tool that ended badly: `doing` names the step, `result` is what `run` gave, `folder` what
 * was being set up.
 */
export function explainFailure(doing, result, folder) {
  const output = lastLines(result.output);
  if (result.error?.code === "ENOENT") {
    return new SetupError(`${doing} failed: ${result.command} was not found`, {
      hint: `Install ${result.command}, or put it on the PATH.`,
    });
  }
  const known = CAUSES.find(({ pattern }) =>
    pattern.test(`${result.output}\n${result.error?.message ?? ""}`),
  );
  const end = result.signal === null ? `exit code ${result.code}` : `signal ${result.signal}`;
  return new SetupError(`${doing} failed: ${known?.cause ?? `${result.command} ended with ${end}`}`, {
    hint:
      known?.hint.replace("%s", folder) ??
      "The lines above are the tool's own; mend what they name and start again.",
    output,
  });
}

function lastLines(text) {
  const lines = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "" && !line.startsWith("WARNING: Location"));
  return lines.slice(-20).join("\n");
}
