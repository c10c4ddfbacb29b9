import { DataError, fault, problem } from "../errors.ts";
import { foreign } from "../local-server/index.ts";
import { Access } from "./access.ts";
import type { BatchReport } from "./batching/batch-queue.ts";
import { beforeAbort, untilEnd } from "./http/ends.ts";
import { type Answer, type Asked, askedOf, isStream, responseOf } from "./http/exchange.ts";
import { HttpProblem, toldOf } from "./http/problem.ts";
import { isLines, jsonOf, readBytes, refuseEncoded } from "./http/read-body.ts";
import { checkBody } from "./http/schema.ts";
import { Lane, refuseWait } from "./load/lanes.ts";
import { Slices } from "./load/slices.ts";
import { Metrics } from "./metrics.ts";
import { type InferenceServerOptions, type ReadOptions, readServerOptions } from "./options.ts";
import { errorsFor, routeOf } from "./router.ts";
import { type Ask, type ErrorForm, json, ownError, type Route, type Serving } from "./routes/route.ts";
import { metricsOf } from "./routes/service.ts";
import { Sequences } from "./served/sequences.ts";
import { type Servable, ServedModel } from "./served/served-model.ts";

/** Facts of a request that whoever mounts the server knows. */
export interface RequestInfo {
  /** The client's address, for the limit on wrong keys. */
  address?: string;
  /** Too many connections are open: it is refused (429), unless it is a probe. Default false. */
  crowded?: boolean;
}

/** Models behind HTTP. */
export interface InferenceServer {
  /** Answers a request; it never rejects. */
  fetch(request: Request, info?: RequestInfo): Promise<Response>;
  /** The same for a request of another kind than the web's, as `listen` and `nodeHandler` read those of node:http. */
  answer(request: Asked, info?: RequestInfo): Promise<Answer>;
  /** The answer to what could not be read as a request, noted as other refusals are; `listen` asks for it. */
  refuse(status: 400 | 408 | 431, why: string, address?: string): Answer;
  /** Whether requests are answered: not while it stops. */
  readonly ready: boolean;
  /** Requests under way. */
  readonly active: number;
  /**
   * Puts another model in the place of one: its inputs and outputs must be the same. It first computes a batch of each kind that the
   * one before has computed lately (at most 64 kinds); requests under way end with the one before. Throws DataError for another signature; the one before then stays.
   */
  replace(name: string, by: Servable): Promise<void>;
  /** Computes a little with every model, so that the first request finds what it needs made. */
  warm(): Promise<void>;
  /**
   * Refuses new requests (503) until those under way have ended and none came for a quarter of a second: clients that are told so ask
   * elsewhere. It lasts `seconds` at most, what is left is aborted then. Default 10.
   */
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

type Found = Extract<ReturnType<typeof routeOf>, { route: Route }>;

class Server implements InferenceServer {
  readonly #limits: ReadOptions;
  readonly #metrics = new Metrics();
  readonly #serving: Serving;
  readonly #models = new Map<string, ServedModel>();
  readonly #access: Access;
  /** Of requests under way. */
  readonly #stops = new Set<AbortController>();
  /** Of routes whose body names the model. */
  readonly #lanes = new Map<Route, Lane>();
  readonly #slices = new Slices();
  #ready = true;
  /** When a request was last refused because it stops, in ms. */
  #refused = 0;
  /** When a refusal for load was last told, in ms, and how many there were since. */
  #told = Number.NEGATIVE_INFINITY;
  #untold = 0;

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

  async fetch(request: Request, info: RequestInfo = {}): Promise<Response> {
    const answer = await this.answer(askedOf(request), info);
    return responseOf(request.method === "HEAD" ? { ...answer, body: null } : answer);
  }

  async answer(request: Asked, { address = "", crowded = false }: RequestInfo = {}): Promise<Answer> {
    const begun = performance.now();
    const found = this.#routeOf(request.method, request.url.pathname);
    const route = "route" in found ? found.route : null;
    const note = (status: number) => {
      const labels = { route: route?.path ?? "none", status: String(status) };
      this.#metrics.add("cellstate_requests_total", labels);
      this.#metrics.observe("cellstate_request_seconds", { route: labels.route }, (performance.now() - begun) / 1000);
    };
    let answer: Answer;
    try {
      this.#refuseForeign(request);
      const asksFirst = request.method === "OPTIONS" && request.header("origin") !== null; // of a page that may ask
      if (crowded && !("route" in found && found.route.open)) throw tooManyOpen;
      if ("route" in found) answer = await this.#routed(found, request, address, note);
      else if (asksFirst) answer = { status: 204, headers: {}, body: null };
      else throw unrouted(request.method, request.url.pathname, found.methods);
    } catch (error) {
      answer = this.#refusal(error, request, route, address);
    }
    if (!isStream(answer)) note(answer.status); // a stream is noted at its end
    return this.#allowed(request, answer);
  }

  refuse(status: 400 | 408 | 431, why: string, address = ""): Answer {
    const labels = { route: "none", status: String(status) };
    this.#metrics.add("cellstate_requests_total", labels);
    return this.#refusalTo(new HttpProblem(status, why), ownError, { address });
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
      await after.warm(before);
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
    this.#refused = performance.now();
    const isAsked = () => this.active > 0 || performance.now() - this.#refused < quiet;
    while (isAsked() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
    for (const stop of this.#stops) stop.abort(stopping());
    await new Promise((resolve) => setTimeout(resolve, 50)); // streams say why they end
  }

  /** The answer to a request that has a route; `note` is told when a stream ends. */
  async #routed(found: Found, request: Asked, address: string, note: (status: number) => void): Promise<Answer> {
    const { route, path } = found;
    if (!route.open) this.#refuseLoad(found, request); // before anything is made for it
    const stop = new AbortController();
    const ends: (() => void)[] = [];
    const atEnd = (act: () => void) => void ends.push(act);
    const [signal, serving] = [stop.signal, this.#serving];
    if (route.open) return route.answer({ request, path, body: {}, signal, begun: noted, atEnd, owner: "", serving });
    const deadline = this.#deadlineOf(request);
    const leave = () => stop.abort(new HttpProblem(400, "The client left."));
    request.signal.addEventListener("abort", leave, { once: true });
    const timer = setTimeout(() => stop.abort(tooLate), 1000 * deadline);
    this.#stops.add(stop);
    const end = () => {
      clearTimeout(timer);
      request.signal.removeEventListener("abort", leave);
      this.#stops.delete(stop);
      for (const act of ends) act();
    };
    let answer: Answer;
    try {
      answer = await beforeAbort(stop.signal, async () => {
        const owner = await this.#access.owner(request, address);
        return this.#answered(found, { request, path, signal, atEnd, owner, serving });
      });
    } catch (error) {
      end();
      throw error;
    }
    if (!isStream(answer)) {
      end();
      return answer;
    }
    clearTimeout(timer); // it has begun in time, and lasts as long as it lasts
    const over = () => {
      end();
      stop.abort(ended); // what still works for it
      note(answer.status);
    };
    return { ...answer, body: untilEnd(answer.body as ReadableStream<Uint8Array>, over, leave) };
  }

  async #answered(found: Found, asked: Omit<Ask, "body" | "begun">): Promise<Answer> {
    const { route } = found;
    const { request, path, signal, atEnd, owner, serving } = asked;
    if (route.body) refuseEncoded(request);
    if (!route.body || (route.lines === true && isLines(request)))
      return route.answer({ ...asked, body: {}, begun: noted });
    const bytes = await readBytes(request, this.#limits);
    this.#refuseWait(found, request); // many may have come since
    const ticket = this.#laneOf(route, path).enter(header + bytes.length);
    try {
      await this.#slices.next("request");
      signal.throwIfAborted();
      const body = checkBody(route.read?.(bytes, request) ?? jsonOf(bytes), route.body);
      if (!route.queues) ticket.begin();
      const { begin: begun } = ticket;
      const answer = await route.answer({ request, path, body, signal, begun, atEnd, owner, serving });
      ticket.begin(); // at the latest
      return answer;
    } finally {
      ticket.leave();
    }
  }

  /** Throws HttpProblem for a request that comes at a bad time, before anything of it is read. */
  #refuseLoad(found: Found, request: Asked): void {
    if (!this.#ready) {
      this.#refused = performance.now();
      throw stopping();
    }
    if (this.active >= this.#limits.maxRequests) throw tooManyAsk;
    if (request.method === "POST") this.#refuseWait(found, request);
  }

  #refuseWait({ route, path }: Found, request: Asked): void {
    refuseWait(this.#laneOf(route, path), Math.min(this.#deadlineOf(request), this.#limits.maxWait));
  }

  /** Requests to a model wait in one lane; those whose body names it, in one of their route. */
  #laneOf(route: Route, { model }: Readonly<Record<string, string>>): Lane {
    const served = model === undefined ? undefined : this.#models.get(model);
    if (served) return served.lane;
    const lane = this.#lanes.get(route) ?? new Lane();
    this.#lanes.set(route, lane);
    return lane;
  }

  /** The route of a path below `basePath`. */
  #routeOf(method: string, pathname: string): ReturnType<typeof routeOf> {
    const { basePath } = this.#limits;
    return pathname.startsWith(`${basePath}/`) ? routeOf(method, pathname.slice(basePath.length)) : { methods: [] };
  }

  #refuseForeign({ header, url }: Asked): void {
    const { hosts, origins } = this.#limits;
    const origin = header("origin");
    const host = header("host") ?? url.host;
    const refused = foreign({ host, origin }, { hosts, origins });
    if (refused) throw new HttpProblem(refused.status, refused.why);
  }

  #refusal(error: unknown, request: Asked, route: Route | null, address: string): Answer {
    const { method, url } = request;
    const form = route?.errors ?? errorsFor(url.pathname);
    return this.#refusalTo(error, form, { method, path: url.pathname.slice(0, 200), address });
  }

  /** `whose`: what is known of the request. */
  #refusalTo(error: unknown, form: ErrorForm, whose: Readonly<Record<string, string>>): Answer {
    const told = toldOf(error);
    const about = { status: told.status, ...whose };
    const { log } = this.#limits;
    if (told.status === 500)
      log?.error({ ...about, error: String((error as Error)?.stack ?? error) }, "a request failed");
    else this.#warn({ ...about, why: told.message.slice(0, 300) });
    this.#metrics.add("cellstate_refused_total", { reason: told.code });
    return json(form(told), told.status, told.headers);
  }

  /** Under load thousands are refused in a second: of those one is told, and how many there were. */
  #warn(about: { readonly status: number } & Readonly<Record<string, unknown>>): void {
    const { log } = this.#limits;
    if (!log) return;
    if (about.status !== 429 && about.status !== 504) {
      log.warn(about, "a request was refused");
      return;
    }
    const now = performance.now();
    this.#untold++;
    if (now - this.#told < 1000) return;
    log.warn({ ...about, since: this.#untold }, "requests were refused");
    this.#told = now;
    this.#untold = 0;
  }

  /** Pages of the origins that may ask can read the answer; no others can. */
  #allowed(request: Asked, answer: Answer): Answer {
    const origin = request.header("origin");
    if (origin === null || !this.#limits.origins.includes(origin)) return answer;
    const headers = {
      ...answer.headers,
      "Access-Control-Allow-Origin": origin,
      "Access-Control-Allow-Headers": "authorization, content-type",
      Vary: "Origin",
    };
    return { ...answer, headers };
  }

  #deadlineOf({ header }: Asked): number {
    const asked = Number(header("x-request-timeout") ?? Number.NaN);
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
    const report = ({ rows, steps, padding, waited, computed }: BatchReport) => {
      this.#metrics.add("cellstate_batch_steps_total", labels, steps);
      this.#metrics.add("cellstate_padding_steps_total", labels, padding);
      this.#metrics.observe("cellstate_batch_rows", labels, rows);
      this.#metrics.observe("cellstate_queue_seconds", labels, waited);
      this.#metrics.observe("cellstate_compute_seconds", labels, computed);
    };
    const options = { batching: this.#limits.batching, report, slices: this.#slices };
    return new ServedModel(name, of, options, this.#models.get(name));
  }
}

const tooLate = new HttpProblem(504, "The answer did not come before the deadline. Ask for less, or later.");
const quiet = 250; // ms without a request, until a server that stops is forgotten by its clients
const tooMany = (what: string) => new HttpProblem(429, `Too many ${what}.`, { headers: { "Retry-After": "1" } });
const tooManyAsk = tooMany("requests are under way"); // thousands in a second: made once
const tooManyOpen = tooMany("connections are open");
const stopping = () =>
  new HttpProblem(503, "The server stops.", { headers: { "Retry-After": "5", Connection: "close" } });

function unrouted(method: string, pathname: string, methods: readonly string[]): HttpProblem {
  if (methods.length > 0) {
    const allow = [...new Set(methods)].join(", ");
    return new HttpProblem(405, `This path takes ${allow}, not ${method.slice(0, 20)}.`, { headers: { Allow: allow } });
  }
  return new HttpProblem(404, `There is nothing at ${pathname.slice(0, 100)}. See /openapi.json.`);
}

const noted = (): void => {};
const ended = new HttpProblem(400, "The answer is at its end.");
const header = 500; // bytes that a request is counted for beside its body
