/** What the locks must hold, so that set-up works on machines other than the one that made them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../../../scripts/setup/index.mjs";
import { pinnedVersions } from "../../../ts/sdk/pinned-versions.js";

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
type Locked = { version?: string; resolved?: string; integrity?: string; optionalDependencies?: object };

describe("package-lock.json", () => {
  const packages = Object.entries(JSON.parse(read("package-lock.json")).packages as Record<string, Locked>);

  it("has every optional package of every platform, with version and checksum", () => {
    const names = new Set(packages.map(([folder]) => folder));
    for (const [folder, { optionalDependencies = {} }] of packages) {
      for (const name of Object.keys(optionalDependencies)) {
        const places = [`node_modules/${name}`, `${folder}/node_modules/${name}`];
        expect(
          places.some((place) => names.has(place)),
          `${name}, which ${folder} may need`,
        ).toBe(true);
      }
    }
    const unlocked = packages.filter(
      ([folder, { version, integrity }]) => folder !== "" && !(version && integrity),
    );
    expect(unlocked).toEqual([]);
  });

  it("names no registry", () => {
    expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });

  it("agrees with package.json, whose versions are exact", () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read("package.json"));
    const wanted = { ...dependencies, ...devDependencies, ...optionalDependencies };
    const locked = Object.fromEntries(packages);
    for (const [name, version] of Object.entries(wanted)) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(locked[`node_modules/${name}`]?.version, name).toBe(version);
    }
  });
});

describe("requirements.txt", () => {
  const lines = [...read("requirements.txt").split("\n"), ...read("requirements-dev.txt").split("\n")].filter(
    (line) => line !== "" && !line.startsWith("#") && line !== "-r requirements.txt",
  );

  it("pins every package to one version, without build tag, path or address", () => {
    for (const line of lines) expect(line).toMatch(/^[a-z0-9.-]+==[\w.]+( ; [^/]+)?$/);
    expect(lines).toContain("torch==2.13.0");
    expect(lines.filter((line) => /^(nvidia-|cuda-|triton)/.test(line))).toEqual([]);
  });

  it.each(["3.10.13", "3.11.7", "3.12.1", "3.13.0"])(
    "pins each direct requirement once for Python %s",
    (python) => {
      const direct = read("requirements.in").match(/^[a-z-]+(?=[=<>\n])/gm) ?? [];
      expect(direct).toContain("scikit-learn");
      const pins = pinnedVersions(python, join(ROOT, "requirements.txt"));
      for (const name of direct) expect(pins[name], name).toMatch(/^\d/);
    },
  );

  it("has older versions for Python 3.10 only", () => {
    expect(pinnedVersions("3.10.0").numpy).toBe("2.2.6");
    expect(pinnedVersions("3.11.0").numpy).toBe(pinnedVersions("3.13.9").numpy);
    expect(pinnedVersions("3.11.0").numpy).not.toBe("2.2.6");
  });
});
