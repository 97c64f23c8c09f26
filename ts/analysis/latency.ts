/** What latencies were measured on; only those of one setting can be compared. */
export interface LatencySetting {
  readonly device: string;
  readonly device_name: string;
  readonly threads: number;
  readonly batch_size: number;
  /** Of one sequence. */
  readonly tokens: number;
}

/** The setting in words: "cpu (AMD EPYC), 1 thread, batches of 1". */
export function latencySettingText({ device, device_name, threads, batch_size }: LatencySetting): string {
  const name = device_name === device ? device : `${device} (${device_name})`;
  return `${name}, ${threads} thread${threads === 1 ? "" : "s"}, batches of ${batch_size}`;
}
