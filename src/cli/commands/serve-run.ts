import { stat } from "node:fs/promises";
import { freemem } from "node:os";
import { basename } from "node:path";
import { DataError, fault, problem } from "../../errors.ts";
import { loadModel, taskOf } from "../../index.ts";
import {
  hostNames,
  type InferenceServer,
  inferenceServer,
  listen,
  type Servable,
  type ServerLog,
} from "../../serve/index.ts";
import { taskIn } from "../readers/open-task.ts";
import { type Common, type Screen, shortened } from "../screen/screen.ts";

/** Options of `cellstate serve`. */
export interface ServeOptions extends Common {
  port?: number;
  host?: string;
  apiKey?: string[];
  allowHost?: string[];
  allowOrigin?: string[];
  trustProxy?: number;
  deadline?: number;
  maxWait?: number;
  drain?: number;
  maxBody?: number;
  batchSize?: number;
  watch?: boolean;
}

/** A model file and the name it is served under. */
interface Named {
  readonly name: string;
  readonly file: string;
}

/** Signals to the server: SIGTERM or Ctrl-C end it, SIGHUP loads the models again. Tests bring their own. */
export interface Signals {
  on(name: "stop" | "reload", act: () => void): () => void;
}

/** Serves until SIGTERM or Ctrl-C. */
export async function serve(
  models: readonly string[],
  o: ServeOptions,
  screen: Screen,
  signals: Signals = ofProcess,
): Promise<void> {
  const { port = 8080, host = "127.0.0.1", backend } = o;
  const keys = o.apiKey ?? [process.env.CELLSTATE_API_KEY ?? ""].filter((key) => key !== "");
  if (port > 65_535) throw new DataError(problem("--port", "a port from 0 to 65535", String(port)));
  if (o.deadline === 0)
    throw new DataError(problem("--deadline", "more than 0 seconds", "0", "Leave it out for 60 seconds."));
  if (o.maxWait === 0)
    throw new DataError(problem("--max-wait", "more than 0 seconds", "0", "Leave it out for 2 seconds."));
  refuseOpen(host, keys);
  const files = models.map(named);
  const twice = files.find(({ name }, k) => files.some((other, j) => j < k && other.name === name));
  if (twice) {
    const next = `Name one of them: other=${twice.file}.`;
    throw new DataError(fault("serve", `two models have the name "${twice.name}"`, next));
  }
  const loaded: Record<string, Servable> = {};
  for (const { name, file } of files) loaded[name] = await open(file, backend);
  let server = null as InferenceServer | null;
  const make = (bound: number) => {
    server = inferenceServer({
      models: loaded,
      apiKeys: keys,
      hosts: o.allowHost ?? hostNames(host, bound),
      origins: o.allowOrigin ?? [],
      ...(o.deadline !== undefined ? { deadline: o.deadline } : {}),
      ...(o.maxWait !== undefined ? { maxWait: o.maxWait } : {}),
      ...(o.maxBody ? { maxBody: o.maxBody } : {}),
      ...(o.batchSize ? { batching: { maxRows: o.batchSize } } : {}),
      log: o.quiet ? null : logTo(screen),
    });
    return server;
  };
  // Before the address is out: who reads it may signal at once.
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const gone = signals.on("stop", () => {
    gone();
    stop();
  });
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const reload = reloader(() => server!, o, screen);
  const off = signals.on("reload", () => void begun.then(() => Promise.all(files.map(reload))));
  let watched = () => {};
  try {
    const listening = await listen(make, { port, host, trustProxy: o.trustProxy });
    await server!.warm();
    if (o.watch !== false) watched = await watch(files, reload);
    say(screen, o, listening.address, files);
    begin();
    await stopped;
    off();
    watched();
    if (!o.quiet) screen.err("stopping: requests under way are finished, new ones refused\n");
    await listening.close(o.drain ?? 10);
  } finally {
    gone();
    off();
    watched();
  }
}

/** The address first, then what to type: somebody who starts it for the first time wants an answer from it. */
function say(screen: Screen, o: ServeOptions, address: string, files: readonly Named[]): void {
  screen.out(o.json ? `${JSON.stringify({ address, models: files.map(({ name }) => name) })}\n` : `${address}\n`);
  if (o.json || o.quiet) return;
  const names = files.map(({ name }) => name).join(", ");
  screen.err(`Serving ${names}. What they answer: curl ${address}/models; all routes: ${address}/openapi.json\n`);
  screen.err("SIGHUP or a changed file loads a model again; Ctrl-C or SIGTERM stops.\n");
}

/** Throws DataError for an open door: everybody on the network could ask. */
function refuseOpen(host: string, keys: readonly string[]): void {
  if (keys.length > 0 || hostNames(host, 0) !== null) return;
  const next =
    "Others on the network could ask: give --api-key, a key of 16 characters or more (openssl rand -hex 24).";
  throw new DataError(problem(`--host ${host}`, "--api-key beside it", "none", next));
}

/** `NAME=FILE`, or a file whose name is that of the model. */
function named(given: string): Named {
  const [, name, path] = /^([\w.-]+)=(.+)$/.exec(given) ?? [];
  const file = path ?? given;
  const usual = basename(file)
    .replace(/\.[^.]*$/, "")
    .replace(/[^\w.-]+/g, "-");
  return { name: name ?? (usual || "model"), file };
}

async function open(file: string, backend: Common["backend"]): Promise<Servable> {
  const model = await loadModel(file, { backend });
  return taskOf(model) === null ? model : taskIn(model, { backend });
}

/** Times the size of its file that a model takes at most while it is loaded: measured 5.1, of a large embedding. */
const copies = 6;

/** Throws DataError where a model may not fit beside the one that it follows: out of memory, the process would end with both. */
async function refuseNarrow(file: string): Promise<void> {
  const needed = copies * (await stat(file)).size;
  const free = process.availableMemory?.() ?? freemem(); // of the container, where there is one
  if (free >= needed) return;
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  const next = "Start the server again, or give it more memory: both models are there for a moment.";
  throw new DataError(problem(file, `${megabytes(needed)} of memory for a second model`, megabytes(free), next));
}

/** Loads one model again; where that fails, the one before stays. What is asked during a load is loaded after it, once. */
function reloader(server: () => InferenceServer, o: ServeOptions, screen: Screen) {
  const busy = new Set<string>();
  const again = new Set<string>();
  return async ({ name, file }: Named): Promise<void> => {
    if (busy.has(name)) return void again.add(name);
    busy.add(name);
    do {
      again.delete(name);
      try {
        await refuseNarrow(file);
        await server().replace(name, await open(file, o.backend));
        if (!o.quiet) screen.err(`${name}: loaded again from ${file}\n`);
      } catch (error) {
        screen.err(`${name}: the model before stays. ${shortened((error as Error).message)}\n`);
      }
    } while (again.has(name));
    busy.delete(name);
  };
}

/** Looks at the files every second; one that has changed, and is the same at the next look, is loaded. */
async function watch(files: readonly Named[], reload: (of: Named) => Promise<void>): Promise<() => void> {
  const look = async ({ file }: Named) =>
    stat(file).then(
      ({ mtimeMs, size }) => `${mtimeMs} ${size}`,
      () => "none",
    );
  const known = await Promise.all(files.map(look));
  const seen = [...known];
  const timer = setInterval(async () => {
    for (const [k, of] of files.entries()) {
      const now = await look(of);
      const settled = now === seen[k] && now !== known[k] && now !== "none";
      seen[k] = now;
      if (!settled) continue;
      known[k] = now;
      await reload(of);
    }
  }, 1000);
  timer.unref();
  return () => clearInterval(timer);
}

const logTo = (screen: Screen): ServerLog => {
  const write = (about: Readonly<Record<string, unknown>>, message: string) =>
    screen.err(`${JSON.stringify({ time: new Date().toISOString(), message, ...about })}\n`);
  return { info: write, warn: write, error: write };
};

const ofProcess: Signals = {
  on(name, act) {
    const signals = name === "stop" ? (["SIGTERM", "SIGINT"] as const) : (["SIGHUP"] as const);
    for (const signal of signals) process.on(signal, act);
    return () => {
      for (const signal of signals) process.off(signal, act);
    };
  },
};
