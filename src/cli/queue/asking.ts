import { DataError, fault } from "../../errors.ts";
import type { TrialRunner } from "../../tune/index.ts";
import { fromJson, idOf, type Job, type JobResult } from "./job.ts";
import { type Connected, connect, onTrouble, queueName } from "./redis.ts";

/** Runs jobs on whichever workers there are. */
export interface JobQueue {
  /** The result of a job; null where none began it before the time (ms since 1970). */
  run<R extends JobResult>(job: Job, asked: Parameters<TrialRunner>[1]): Promise<R | null>;
  close(): Promise<void>;
}

interface Pending {
  readonly job: Job;
  settle(result: JobResult | null): void;
  fail(error: unknown): void;
}

const sweep = 3; // seconds between two looks at all jobs: a Redis that came back may have forgotten some

/** Opens the queue on a Redis. Throws DataError where none answers. */
export async function openQueue(url: string, say: (line: string) => void): Promise<JobQueue> {
  const connected = await connect(url);
  const { queue, events, trouble, close } = open(connected, say);
  const pending = new Map<string, Pending>();
  const told = new Set<string>();
  const look = looking(queue, pending);
  events.on("completed", ({ jobId }) => void look(jobId));
  events.on("failed", ({ jobId }) => void look(jobId));
  events.on("progress", ({ data }) => {
    const refused = (data as { refused?: unknown } | null)?.refused;
    if (typeof refused !== "string" || told.has(refused)) return;
    told.add(refused);
    say(refused);
  });
  let alone = false;
  const all = async () => {
    await Promise.all([...pending.keys()].map((id) => look(id)));
    trouble.ready();
    const workers = pending.size > 0 ? await queue.getWorkersCount() : 1;
    if (workers === 0 && !alone)
      say(`no worker is there yet; start some: cellstate worker --queue ${connected.address}`);
    alone = workers === 0;
  };
  let looked: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    looked = looked.then(all).catch(() => undefined); // Redis is away: the next look tells
  }, sweep * 1000);
  setTimeout(() => void all().catch(() => undefined), 300).unref();
  return {
    async run<R extends JobResult>(job: Job, { signal, before }: Parameters<TrialRunner>[1]) {
      signal.throwIfAborted();
      const id = idOf(job);
      const takeBack = async () => (await queue.remove(id).catch(() => 0)) > 0; // one that is being done stays
      let late: NodeJS.Timeout | undefined;
      let onAbort = () => {};
      try {
        return await new Promise<R | null>((settle, fail) => {
          pending.set(id, { job, settle: (result) => settle(result as R | null), fail });
          onAbort = () => {
            void takeBack();
            fail(signal.reason);
          };
          signal.addEventListener("abort", onAbort, { once: true });
          const wait = before === null ? null : Math.max(0, before - Date.now());
          if (wait !== null)
            late = setTimeout(async () => (await takeBack()) && settle(null), Math.min(wait, 2 ** 31 - 1));
          look(id, true).catch(fail);
        });
      } finally {
        pending.delete(id);
        clearTimeout(late);
        signal.removeEventListener("abort", onAbort);
      }
    },
    async close() {
      clearInterval(timer);
      await looked;
      await close();
    },
  };
}

function open(connected: Connected, say: (line: string) => void) {
  const { bull, connection } = connected;
  const queue = new bull.Queue<Job, string>(queueName, { connection });
  const events = new bull.QueueEvents(queueName, { connection });
  const trouble = onTrouble(connected, say);
  queue.on("error", trouble.error);
  events.on("error", trouble.error);
  const close = async () => {
    await Promise.allSettled([queue.close(), events.close()]);
  };
  return { queue, events, trouble, close };
}

/** Looks at one job: settles what is done, and adds what is not there. A failure of an earlier search is no answer. */
function looking(queue: import("bullmq").Queue<Job, string>, pending: ReadonlyMap<string, Pending>) {
  return async (id: string, first = false): Promise<void> => {
    const asked = pending.get(id);
    if (!asked) return;
    const job = await queue.getJob(id);
    if (job?.finishedOn !== undefined && job.finishedOn !== null) {
      if (typeof job.returnvalue === "string") return asked.settle(fromJson(job.returnvalue) as JobResult);
      if (!first) return asked.fail(failed(job.failedReason));
      await job.remove();
    } else if (job) return;
    await queue.add(asked.job.trial ? "trial" : "fold", asked.job, { jobId: id, attempts: 1 });
  };
}

const failed = (reason: string | undefined): DataError => {
  if (/stalled/.test(reason ?? "")) {
    const next = "See whether they run out of memory, and type the command again: what is done is kept.";
    return new DataError(fault("--queue", "one job ended each worker that began it", next));
  }
  const [who = "", ...rest] = (reason ?? "worker: no reason").split(": ");
  return new DataError(fault(`a worker: ${who}`, rest.join(": ").replace(/\.$/, "")));
};
