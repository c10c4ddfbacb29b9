import { counted } from "../../errors.ts";
import type { TrialRecord } from "../../tune/index.ts";
import { trialTable } from "../commands/trial-table.ts";
import { interruptible, type Screen } from "../screen/screen.ts";
import { type FoldDone, fromJson, type Job, type TrialDone } from "./job.ts";
import { type Connected, onTrouble, queueName } from "./redis.ts";

/** A search or backtest as those see it who watch. */
interface Search {
  readonly title: string;
  readonly id: string;
  readonly counts: { waiting: number; running: number; done: number; failed: number };
  readonly trials: TrialRecord[];
  readonly folds: (Pick<FoldDone, "says" | "seconds"> & { readonly fold: number })[];
}

const every = 2; // seconds

/** Shows all searches on a Redis and who works; on a terminal again and again until Ctrl-C. */
export async function watch(connected: Connected, o: { readonly json?: boolean }, screen: Screen): Promise<void> {
  const { bull, connection } = connected;
  const queue = new bull.Queue<Job, string>(queueName, { connection });
  queue.on("error", onTrouble(connected, (line) => screen.err(`${line}\n`)).error);
  try {
    await interruptible(async (signal) => {
      for (let before = ""; ; ) {
        const searches = await searchesIn(queue);
        if (o.json) for (const search of searches) screen.out(`${JSON.stringify(search)}\n`);
        if (o.json) return;
        const workers = (await queue.getWorkers()).map((one) => String(one.rawname ?? one.name).replace(/^.*:w:/, ""));
        const now = pageOf(searches, workers, screen.terminal);
        if (now !== before) screen.out(screen.terminal ? `\x1b[2J\x1b[H${now}` : now);
        if (!screen.terminal) return;
        before = now;
        await pause(signal);
        if (signal.aborted) return;
      }
    });
  } finally {
    await queue.close();
  }
}

const pause = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, every * 1000);
    signal.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
  });

const states = {
  completed: "done",
  failed: "failed",
  active: "running",
  waiting: "waiting",
  prioritized: "waiting",
} as const;

async function searchesIn(queue: import("bullmq").Queue<Job, string>): Promise<Search[]> {
  const found = new Map<string, Search>();
  for (const [state, name] of Object.entries(states))
    for (const job of await queue.getJobs([state as keyof typeof states])) {
      if (!job?.data?.search) continue; // it has gone meanwhile
      const { id, title } = job.data.search;
      const counts = { waiting: 0, running: 0, done: 0, failed: 0 };
      const search = found.get(id) ?? { id, title, counts, trials: [], folds: [] };
      found.set(id, search);
      search.counts[name]++;
      if (name !== "done") continue;
      const { trial, fold } = job.data;
      if (trial) search.trials.push({ trial, ...(fromJson(job.returnvalue) as TrialDone) });
      if (fold === undefined) continue;
      const { says, seconds } = fromJson(job.returnvalue) as FoldDone;
      search.folds.push({ fold, says, seconds });
    }
  for (const { trials, folds } of found.values()) {
    trials.sort((a, b) => a.trial.trial - b.trial.trial || a.trial.epochs - b.trial.epochs);
    folds.sort((a, b) => a.fold - b.fold);
  }
  return [...found.values()].sort((a, b) => (a.title < b.title ? -1 : 1));
}

const mostRows = 20; // of a table on a terminal

function pageOf(searches: readonly Search[], workers: readonly string[], cut: boolean): string {
  const tables = searches.map(({ title, id, counts, trials, folds }) => {
    const { waiting, running, done, failed } = counts;
    const head = `${title} (${id}): ${done} done, ${running} running, ${waiting} waiting${failed > 0 ? `, ${failed} failed` : ""}`;
    if (trials.length === 0 && folds.length === 0) return head;
    const lines = trials.length > 0 ? trialTable(trials).split("\n") : folds.map(({ says }) => says);
    const shown = cut ? lines.slice(0, mostRows + 1) : lines;
    const more = lines.length - shown.length;
    return [head, ...shown, ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
  });
  const names = workers.length > 0 ? `: ${workers.join(", ")}` : "";
  return `${[counted(workers.length, "worker") + names, ...(tables.length > 0 ? tables : ["no search"])].join("\n\n")}\n`;
}
