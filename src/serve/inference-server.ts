import { DataError, fault, problem } from "../errors.ts";
import { foreign } from "../local-server/index.ts";
import { Access } from "./access.ts";
import { HttpProblem, toldOf } from "./http/problem.ts";
import { isLines, readJson } from "./http/read-body.ts";
import { checkBody } from "./http/schema.ts";
import { Metrics } from "./metrics.ts";
import { type InferenceServerOptions, type ReadOptions, readServerOptions } from "./options.ts";
import { errorsFor, routeOf } from "./router.ts";
import { json, type Route, type Serving } from "./routes/route.ts";
import { metricsOf } from "./routes/service.ts";
import { Sequences } from "./served/sequences.ts";
import { type Servable, ServedModel } from "./served/served-model.ts";

/** Facts of a request that whoever mounts the server knows. */
export interface RequestInfo {
  /** The client's address, for the limit on wrong keys. */
  address?: string;
}

/** Models behind HTTP. */
export interface InferenceServer {
  /** Answers a request; it never rejects. */
  fetch(request: Request, info?: RequestInfo): Promise<Response>;
  /** Whether requests are answered: not while it stops. */
  readonly ready: boolean;
  /** Requests under way. */
  readonly active: number;
  /**
   * Puts another model in the place of one: its inputs and outputs must be the same. It is warmed first, requests under way end with
   * the one before. Throws DataError for another signature; the one before then stays.
   */
  replace(name: string, by: Servable): Promise<void>;
  /** Computes a little with every model, so that the first request finds what it needs made. */
  warm(): Promise<void>;
  /** Refuses new requests, and waits up to `seconds` for those under way; what is left is aborted then. Default 10. */
  drain(seconds?: number): Promise<void>;
  /** Counts and times, in the text format of Prometheus. */
  metrics(): string;
  /** Notes how late the event loop came, in seconds: `listen` measures it; whoever mounts the server may. */
  noteDelay(seconds: number): void;
}

/**
 * A server of models: its `fetch` answers requests in any framework that speaks the web's Request and Response (hono, Next, Bun, Deno,
 * Workers), and `listen` puts it on a port of Node. Routes: raw tasks, TensorFlow Serving, Open Inference Protocol v2, OpenAI's
 * completions, health, metrics, `/openapi.json`. Throws DataError for options that make no sense.
 *
 *   const server = inferenceServer({ models: { sentiment: await loadTask("sentiment.keras") } });
 *   const answer = await server.fetch(new Request("http://localhost/models"));
 */
export function inferenceServer(options: InferenceServerOptions): InferenceServer {
  return new Server(options);
}

class Server implements InferenceServer {
  readonly #limits: ReadOptions;
  readonly #metrics = new Metrics();
  readonly #serving: Serving;
  readonly #models = new Map<string, ServedModel>();
  readonly #access: Access;
  /** Of requests under way. */
  readonly #stops = new Set<AbortController>();
  #ready = true;

  constructor(options: InferenceServerOptions) {
    this.#limits = readServerOptions(options);
    this.#access = new Access(this.#limits.apiKeys);
    for (const [name, of] of Object.entries(options.models)) {
      if (!/^[\w.-]{1,100}$/.test(name)) {
        const next = "It is a part of an address: letters, digits, dots, _ and -.";
        throw new DataError(problem("inferenceServer: models", "a name", JSON.stringify(name), next));
      }
      this.#models.set(name, this.#served(name, of));
    }
    if (this.#models.size === 0) {
      const next = "models: { sentiment: await loadTask(path) }";
      throw new DataError(problem("inferenceServer", "at least one model", "none", next));
    }
    const now = () => ({ ready: this.#ready, active: this.active });
    this.#serving = {
      limits: this.#limits,
      metrics: this.#metrics,
      sequences: new Sequences(this.#limits),
      begun: Math.floor(Date.now() / 1000),
      get ready() {
        return now().ready;
      },
      get active() {
        return now().active;
      },
      names: () => [...this.#models.keys()],
      model: (name) => this.#model(name),
    };
  }

  get ready(): boolean {
    return this.#ready;
  }
  get active(): number {
    return this.#stops.size;
  }
  metrics(): string {
    return metricsOf(this.#serving);
  }

  noteDelay(seconds: number): void {
    this.#metrics.observe("cellstate_event_loop_delay_seconds", {}, seconds);
  }

  async fetch(request: Request, { address = "" }: RequestInfo = {}): Promise<Response> {
    const begun = performance.now();
    const url = new URL(request.url);
    const found = this.#routeOf(request.method, url.pathname);
    const route = "route" in found ? found.route : null;
    const stop = new AbortController();
    const leave = () => stop.abort(new HttpProblem(400, "The client left."));
    const timer = setTimeout(() => stop.abort(tooLate), 1000 * this.#deadlineOf(request));
    const end = (status: number) => {
      clearTimeout(timer);
      request.signal.removeEventListener("abort", leave);
      this.#stops.delete(stop);
      const labels = { route: route?.path ?? "none", status: String(status) };
      this.#metrics.add("cellstate_requests_total", labels);
      this.#metrics.observe("cellstate_request_seconds", { route: labels.route }, (performance.now() - begun) / 1000);
    };
    request.signal.addEventListener("abort", leave, { once: true });
    let response: Response;
    try {
      this.#refuseForeign(request, url);
      const asksFirst = request.method === "OPTIONS" && request.headers.has("origin"); // of a page that may ask
      if (!("route" in found) && asksFirst) return this.#allowed(request, new Response(null, { status: 204 }));
      if (!("route" in found)) throw unrouted(request.method, url.pathname, found.methods);
      const owner = found.route.open ? "" : await this.#admit(request, address);
      if (!found.route.open) this.#stops.add(stop);
      response = await beforeAbort(stop.signal, () =>
        this.#answer(found.route, found.path, request, stop.signal, owner),
      );
    } catch (error) {
      response = this.#refusal(error, request, url, route, address);
    }
    if (isStream(response)) {
      clearTimeout(timer); // it has begun in time, and lasts as long as it lasts
      return this.#allowed(
        request,
        untilEnd(response, () => end(response.status), leave),
      );
    }
    end(response.status);
    return this.#allowed(request, response);
  }

  async warm(): Promise<void> {
    for (const served of this.#models.values()) await served.warm();
  }

  async replace(name: string, by: Servable): Promise<void> {
    const before = this.#models.get(name);
    if (!before) throw new DataError(problem("replace", `one of ${[...this.#models.keys()].join(", ")}`, name));
    const after = this.#served(name, by);
    try {
      if (after.signature !== before.signature) {
        const next = "Clients rely on its kind, inputs and outputs: serve it under another name.";
        throw new DataError(fault(`replace "${name}"`, "the new model has another signature", next));
      }
      await after.warm();
    } catch (error) {
      this.#metrics.add("cellstate_reloads_total", { model: name, result: "failed" });
      throw error;
    }
    this.#models.set(name, after);
    this.#metrics.add("cellstate_reloads_total", { model: name, result: "done" });
  }

  async drain(seconds = 10): Promise<void> {
    this.#ready = false;
    const end = performance.now() + 1000 * seconds;
    while (this.active > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
    for (const stop of this.#stops) stop.abort(stopping());
    await new Promise((resolve) => setTimeout(resolve, 50)); // streams say why they end
  }

  async #answer(route: Route, path: Record<string, string>, request: Request, signal: AbortSignal, owner: string) {
    const lines = route.lines === true && isLines(request);
    const body = route.body && !lines ? checkBody(await readJson(request, this.#limits), route.body) : {};
    return route.answer({ request, path, body, signal, owner, serving: this.#serving });
  }

  /** The caller of a request that is let in. */
  async #admit(request: Request, address: string): Promise<string> {
    const owner = await this.#access.owner(request.headers, address);
    if (!this.#ready) throw stopping();
    if (this.active >= this.#limits.maxRequests)
      throw new HttpProblem(429, "Too many requests are under way.", { headers: { "Retry-After": "1" } });
    return owner;
  }

  /** The route of a path below `basePath`. */
  #routeOf(method: string, pathname: string): ReturnType<typeof routeOf> {
    const { basePath } = this.#limits;
    return pathname.startsWith(`${basePath}/`) ? routeOf(method, pathname.slice(basePath.length)) : { methods: [] };
  }

  #refuseForeign({ headers }: Request, url: URL): void {
    const { hosts, origins } = this.#limits;
    const origin = headers.get("origin");
    const host = headers.get("host") ?? url.host;
    const refused = foreign({ host, origin }, { hosts, origins });
    if (refused) throw new HttpProblem(refused.status, refused.why);
  }

  #refusal(error: unknown, request: Request, url: URL, route: Route | null, address: string): Response {
    const told = toldOf(error);
    const about = { status: told.status, method: request.method, path: url.pathname.slice(0, 200), address };
    const { log } = this.#limits;
    if (told.status === 500)
      log?.error({ ...about, error: String((error as Error)?.stack ?? error) }, "a request failed");
    else log?.warn({ ...about, why: told.message.slice(0, 300) }, "a request was refused");
    this.#metrics.add("cellstate_refused_total", { reason: told.code });
    return json((route?.errors ?? errorsFor(url.pathname))(told), told.status, told.headers);
  }

  /** Pages of the origins that may ask can read the answer; no others can. */
  #allowed(request: Request, response: Response): Response {
    const origin = request.headers.get("origin");
    if (origin !== null && this.#limits.origins.includes(origin)) {
      response.headers.set("Access-Control-Allow-Origin", origin);
      response.headers.append("Vary", "Origin");
      response.headers.set("Access-Control-Allow-Headers", "authorization, content-type");
    }
    return request.method === "HEAD" ? new Response(null, response) : response;
  }

  #deadlineOf({ headers }: Request): number {
    const asked = Number(headers.get("x-request-timeout") ?? Number.NaN);
    return asked > 0 ? Math.min(asked, this.#limits.deadline) : this.#limits.deadline;
  }

  #model(name: string): ServedModel {
    const found = this.#models.get(name);
    if (found) return found;
    const known = [...this.#models.keys()].join(", ");
    throw new HttpProblem(404, `There is no model "${name.slice(0, 60)}". Models: ${known}.`);
  }

  #served(name: string, of: Servable): ServedModel {
    const labels = { model: name };
    return new ServedModel(name, of, this.#limits.batching, ({ rows, waited, computed }) => {
      this.#metrics.observe("cellstate_batch_rows", labels, rows);
      this.#metrics.observe("cellstate_queue_seconds", labels, waited);
      this.#metrics.observe("cellstate_compute_seconds", labels, computed);
    });
  }
}

const tooLate = new HttpProblem(504, "The answer did not come before the deadline. Ask for less, or later.");
const stopping = () =>
  new HttpProblem(503, "The server stops.", { headers: { "Retry-After": "5", Connection: "close" } });

function unrouted(method: string, pathname: string, methods: readonly string[]): HttpProblem {
  if (methods.length > 0) {
    const allow = [...new Set(methods)].join(", ");
    return new HttpProblem(405, `This path takes ${allow}, not ${method.slice(0, 20)}.`, { headers: { Allow: allow } });
  }
  return new HttpProblem(404, `There is nothing at ${pathname.slice(0, 100)}. See /openapi.json.`);
}

const isStream = ({ headers }: Response): boolean => /event-stream|x-ndjson/.test(headers.get("content-type") ?? "");

/** The work's result, or the reason why it was given up, whichever is first. */
function beforeAbort<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work().then(resolve, reject);
  });
}

/** The same response; `done` is called when its body has been read to its end, or the client has left. */
function untilEnd(response: Response, done: () => void, left: () => void): Response {
  const reader = response.body!.getReader();
  let over = false;
  const finish = () => {
    if (!over) done();
    over = true;
  };
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done: ended, value } = await reader.read();
        if (!ended) return controller.enqueue(value);
        finish();
        controller.close();
      } catch (error) {
        finish();
        controller.error(error);
      }
    },
    async cancel(reason) {
      left();
      finish();
      await reader.cancel(reason);
    },
  });
  return new Response(body, response);
}
