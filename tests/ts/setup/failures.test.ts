import { describe, expect, it } from "vitest";
import { explainFailure } from "../../../scripts/setup/failures.mjs";

const failed = (output: string, more: object = {}) => ({
  command: "pip",
  code: 1,
  signal: null,
  output,
  error: undefined,
  ...more,
});

describe("a tool's failure is explained from what it printed", () => {
  it.each([
    ["npm ERR! code ENOSPC\nnpm ERR! no space left on device, write", "the disk is full"],
    ["OSError: [Errno 28] No space left on device", "the disk is full"],
    [
      "The virtual environment was not created successfully because ensurepip is not\navailable.  On Debian/Ubuntu systems, you need to install the python3-venv\npackage\nError: ensurepip is not available",
      "Python's venv module is not installed",
    ],
    ["/usr/bin/python3: No module named venv", "Python's venv module is not installed"],
    [
      "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)'\nERROR: No matching distribution found for torch==2.13.0",
      "the package registry cannot be reached",
    ],
    [
      "npm ERR! code ENOTFOUND\nnpm ERR! getaddrinfo ENOTFOUND somewhere",
      "the package registry cannot be reached",
    ],
    ["ERROR: No matching distribution found for torch==2.13.0", "a pinned package has no build"],
    ["SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "certificate is not trusted"],
    ["npm ERR! code EACCES\nnpm ERR! syscall mkdir", "no permission to write there"],
    ["something else went wrong", "pip ended with exit code 1"],
  ])("%j", (output, cause) => {
    const error = explainFailure("installing", failed(output), "/the/folder");
    expect(error.message).toContain(`installing failed: `);
    expect(error.message).toContain(cause);
    expect(error.hint).not.toContain("%s");
    expect(error.output).toContain(output.split("\n").at(-1));
  });

  it("names the tool that is not there, or the signal that ended it", () => {
    const missing = failed("", {
      error: Object.assign(new Error("spawn npm"), { code: "ENOENT" }),
      command: "npm",
    });
    expect(explainFailure("npm ci", missing, "/f").message).toBe("npm ci failed: npm was not found");
    const killed = failed("", { code: null, signal: "SIGKILL" });
    expect(explainFailure("pip", killed, "/f").message).toContain("signal SIGKILL");
  });
});
