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
const farewell = 5000; // ms that Redis has to hear that a worker ends

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
  const { refused, heard } = await untilEnd(connected, o, say);
  if (refused !== null) {
    screen.err(`${refused}\n`);
    screen.code = 1;
  }
  if (heard) return;
  say(`${connected.address}: Redis does not answer; the worker ends without it, and another does its job later`);
  process.exit(screen.code); // its connections wait for ever
}

/** Of a worker that ended. */
interface Ended {
  /** Why it cannot do what others can. */
  readonly refused: string | null;
  /** Whether Redis has heard of it. */
  readonly heard: boolean;
}

/** Does jobs until it is to end. */
async function untilEnd(connected: Connected, o: WorkerCommandOptions, say: (line: string) => void): Promise<Ended> {
  const { bull, connection, address } = connected;
  const name = `${hostname()}-${process.pid}`;
  const lost = 1000 * (o.lostAfter ?? 30); // ms
  const run = jobsOf(o.files);
  const stop = new AbortController();
  let refused: string | null = null;
  let last = Date.now();
  let busy = 0;
  let computing = 0;
  const act = async (job: import("bullmq").Job<Job, string>, token?: string): Promise<string> => {
    busy++;
    try {
      const begun = performance.now();
      computing++;
      const { result, says } = await run(job.data, stop.signal).finally(() => computing--);
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
  let waited = 0; // ms
  const end = () => {
    closed ??= worker.close();
  };
  const heard = await new Promise<boolean>((resolve) => {
    worker.on("closed", () => resolve(true));
    const signals = ["SIGINT", "SIGTERM"] as const;
    const onSignal = () => {
      if (stop.signal.aborted) process.exit(130);
      stop.abort(new Error("stopped"));
      end();
    };
    for (const signal of signals) process.on(signal, onSignal);
    say(`worker ${name} on ${address}`);
    const every = 500; // ms
    const timer = setInterval(() => {
      if (o.idle !== undefined && busy === 0 && Date.now() - last > 1000 * o.idle) end();
      waited = closed && computing === 0 ? waited + every : 0;
      if (waited >= farewell) resolve(false);
    }, every);
    worker.on("closed", () => {
      clearInterval(timer);
      for (const signal of signals) process.off(signal, onSignal);
    });
  });
  if (heard) await closed;
  return { refused, heard };
}
