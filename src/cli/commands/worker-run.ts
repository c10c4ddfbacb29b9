import { hostname } from "node:os";
import { DataError, problem } from "../../errors.ts";
import { type Job, NotHere, toJson } from "../queue/job.ts";
import { type Connected, connect, onTrouble, queueName } from "../queue/redis.ts";
import { jobsOf } from "../queue/work.ts";
import { notes, type Screen } from "../screen/screen.ts";

/** Options of `cellstate worker`. */
export interface WorkerCommandOptions {
  queue: string;
  files?: string;
  lostAfter?: number;
  idle?: number;
  watch?: boolean;
  json?: boolean;
  quiet?: boolean;
}

const kept = { age: 7 * 24 * 3600 }; // seconds that results stay in Redis
const mostEnded = 20; // workers that a job may end before it is given up

/** Works until SIGTERM or Ctrl-C, or until nothing came for so long; the job under way then goes back to the queue. */
export async function work(o: WorkerCommandOptions, screen: Screen): Promise<void> {
  const connected = await connect(o.queue);
  if (o.watch) {
    const { watch } = await import("../queue/watch.ts");
    return watch(connected, o, screen);
  }
  if (o.lostAfter !== undefined && o.lostAfter < 1)
    throw new DataError(problem("--lost-after", "1 second or more", `${o.lostAfter}`));
  const say = notes(o, screen);
  const refused = await untilEnd(connected, o, say);
  if (refused === null) return;
  screen.err(`${refused}\n`);
  screen.code = 1;
}

/** Does jobs; the reason to end where this worker cannot do what others can. */
async function untilEnd(
  connected: Connected,
  o: WorkerCommandOptions,
  say: (line: string) => void,
): Promise<string | null> {
  const { bull, connection, address } = connected;
  const name = `${hostname()}-${process.pid}`;
  const lost = 1000 * (o.lostAfter ?? 30); // ms
  const run = jobsOf(o.files);
  const stop = new AbortController();
  let refused: string | null = null;
  let last = Date.now();
  let busy = 0;
  const act = async (job: import("bullmq").Job<Job, string>, token?: string): Promise<string> => {
    busy++;
    try {
      const begun = performance.now();
      const { result, says } = await run(job.data, stop.signal);
      stop.signal.throwIfAborted(); // what was cut short is no result
      say(`${job.data.search.title}: ${says} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
      return toJson(result);
    } catch (error) {
      if (!(error instanceof NotHere) && !stop.signal.aborted) throw error;
      if (error instanceof NotHere) {
        refused = error.message;
        await job.updateProgress({ refused: `worker ${name}: ${error.message}` });
      }
      end();
      await job.moveToWait(token);
      throw new bull.WaitingError();
    } finally {
      busy--;
      last = Date.now();
    }
  };
  const times = { lockDuration: lost, stalledInterval: Math.max(500, lost / 2), maxStalledCount: mostEnded };
  const keep = { removeOnComplete: kept, removeOnFail: kept };
  const worker = new bull.Worker<Job, string>(queueName, act, { connection, name, ...times, ...keep });
  const trouble = onTrouble(connected, say);
  worker.on("error", trouble.error);
  worker.on("ready", trouble.ready);
  let closed: Promise<void> | null = null;
  const end = () => {
    closed ??= worker.close();
  };
  say(`worker ${name} on ${address}`);
  await new Promise<void>((resolve) => {
    worker.on("closed", () => resolve());
    const signals = ["SIGINT", "SIGTERM"] as const;
    const onSignal = () => {
      if (stop.signal.aborted) process.exit(130);
      stop.abort(new Error("stopped"));
      end();
    };
    for (const signal of signals) process.on(signal, onSignal);
    const timer = setInterval(() => {
      if (o.idle !== undefined && busy === 0 && Date.now() - last > 1000 * o.idle) end();
    }, 500);
    worker.on("closed", () => {
      clearInterval(timer);
      for (const signal of signals) process.off(signal, onSignal);
    });
  });
  await closed;
  return refused;
}
