/** Numbers of one round: wall seconds and CPU seconds of this process for `count` calls. */
export async function round(call, count, concurrency) {
  let started = 0;
  const cpu = process.cpuUsage();
  const wall = process.hrtime.bigint();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (started++ < count) await call();
    }),
  );
  const seconds = Number(process.hrtime.bigint() - wall) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  return { rate: count / seconds, cpu: (user + system) / count };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Every contestant once per round, the order rotated, so that a drift of the machine meets all alike. Ratios are taken
 * within a round, against the first contestant; the figure is their median.
 */
export async function compare(contestants, { rounds = 9, count, concurrency }) {
  const names = Object.keys(contestants);
  for (const name of names) await round(contestants[name], Math.ceil(count / 4), concurrency);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let n = 0; n < rounds; n += 1) {
    for (let i = 0; i < names.length; i += 1) {
      const name = names[(i + n) % names.length];
      results[name].push(await round(contestants[name], count, concurrency));
    }
  }
  const [base] = names;
  return names.map((name) => {
    const ratio = (field) => median(results[name].map((one, n) => one[field] / results[base][n][field]));
    return {
      name,
      rate: median(results[name].map((one) => one.rate)),
      cpu: median(results[name].map((one) => one.cpu)),
      rateRatio: ratio("rate"),
      cpuRatio: ratio("cpu"),
    };
  });
}

export function table(head, rows) {
  const cells = [head, head.map(() => "---"), ...rows.map((row) => row.map(String))];
  return `${cells.map((row) => `| ${row.join(" | ")} |`).join("\n")}\n`;
}

/** A verdict beside a promise; the run goes on and the exit code tells. */
export function verdict(what, value, limit, kind) {
  const kept = kind === "most" ? value <= limit : value >= limit;
  if (!kept) process.exitCode = 1;
  return `- ${kept ? "kept" : "BROKEN"}: ${what}: ${round3(value)} (promised: at ${kind} ${limit})`;
}

export const round3 = (value) => Math.round(value * 1000) / 1000;

/** All callers at once: how many failed, and how many milliseconds the slowest one waited. */
export async function storm(callers, call) {
  let errors = 0;
  const waits = await Promise.all(
    Array.from({ length: callers }, async () => {
      const started = performance.now();
      await call().catch(() => {
        errors += 1;
      });
      return performance.now() - started;
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  return { errors, slowest: Math.max(...waits) };
}

/** Nanoseconds of one call, the median of fifteen rounds. */
export async function nanoseconds(call) {
  await call();
  const samples = [];
  for (let n = 0; n < 15; n += 1) {
    const count = 200_000;
    const started = process.hrtime.bigint();
    for (let i = 0; i < count; i += 1) await call();
    samples.push(Number(process.hrtime.bigint() - started) / count);
  }
  return Math.round(median(samples));
}
