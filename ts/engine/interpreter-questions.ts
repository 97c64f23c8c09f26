/** What a Python interpreter is asked: short programs that print one line of JSON. They run on any Python 3. */

/** Version, path and the installed versions of the packages named as arguments, without importing any. */
export const PACKAGE_QUESTION = `
import json, sys
try:
    from importlib import metadata
except ImportError:
    metadata = None
def version(name):
    try:
        return metadata.version(name)
    except Exception:
        return None
print(json.dumps({
    "executable": sys.executable,
    "version": ".".join(map(str, sys.version_info[:3])),
    "packages": {name: version(name) for name in sys.argv[1:]},
}))
`;

/** What torch sees of the machine. */
export interface DeviceReport {
  torch: string;
  /** Names of the CUDA devices, in order; [] where there is none. */
  cuda: string[];
  /** Version that torch was built for, null for a CPU build. */
  cuda_version: string | null;
  mps: boolean;
  cpu_threads: number;
}

export const DEVICE_QUESTION = `
import json, sys
try:
    import torch
except Exception as error:
    sys.exit("%s: %s" % (type(error).__name__, error))
cuda = torch.cuda.device_count() if torch.cuda.is_available() else 0
print(json.dumps({
    "torch": torch.__version__,
    "cuda": [torch.cuda.get_device_name(index) for index in range(cuda)],
    "cuda_version": torch.version.cuda,
    "mps": bool(torch.backends.mps.is_available()),
    "cpu_threads": torch.get_num_threads(),
}))
`;
