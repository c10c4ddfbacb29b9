import type { Session, WriteOptions } from "../../index.ts";
import type { Answer } from "../http/exchange.ts";
import { HttpProblem, toldOf } from "../http/problem.ts";
import { type Fields, type Schema, unknownFields } from "../http/schema.ts";
import { event, eventStream, streamed, type Write } from "../http/streams.ts";
import type { ServedModel } from "../served/served-model.ts";
import { type Logprobs, logprobsOf, watched } from "./openai-logprobs.ts";
import { placed, written } from "./raw-generate.ts";
import { type Ask, type ErrorForm, json, type Route } from "./route.ts";

const openaiError: ErrorForm = ({ message, status, code, field }) => ({
  error: {
    message,
    type:
      status === 401
        ? "authentication_error"
        : status === 429
          ? "rate_limit_error"
          : status < 500
            ? "invalid_request_error"
            : "server_error",
    param: field,
    code: status === 404 ? "model_not_found" : code.toLowerCase(),
  },
});

const body: Schema = {
  type: "object",
  required: ["model"],
  properties: {
    model: { type: "string" },
    prompt: {
      anyOf: [{ type: "string" }, { type: "array", items: { type: "string" }, minItems: 1, maxItems: 128 }],
      description: "A text or several. Default: empty.",
    },
    max_tokens: { type: "integer", minimum: 0, nullable: true, description: "Default 16." },
    temperature: { type: "number", minimum: 0, maximum: 2, nullable: true, description: "Default 1." },
    top_p: { type: "number", minimum: 0, maximum: 1, nullable: true },
    n: { type: "integer", minimum: 1, maximum: 128, nullable: true, description: "Texts for each prompt. Default 1." },
    stream: { type: "boolean", nullable: true },
    stream_options: { type: "object", nullable: true, properties: { include_usage: { type: "boolean" } } },
    stop: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" }, maxItems: 4 }], nullable: true },
    seed: { type: "integer", nullable: true, description: "Default 1." },
    logprobs: { type: "integer", minimum: 0, maximum: 5, nullable: true },
    echo: { type: "boolean", nullable: true },
  },
};

/** OpenAI's completions. */
export const openai: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/models",
    summary: "OpenAI: the models.",
    errors: openaiError,
    answer: ({ serving }) => json({ object: "list", data: serving.names().map((id) => about(id, serving.begun)) }),
  },
  {
    method: "POST",
    path: "/v1/completions",
    summary:
      "OpenAI: texts that continue prompts. Fields that are not known are accepted, and named in X-Cellstate-Ignored.",
    body,
    queues: true,
    errors: openaiError,
    answer: completed,
  },
];

const about = (id: string, created: number) => ({ id, object: "model", created, owned_by: "cellstate" });

interface Choice {
  text: string;
  index: number;
  finish_reason: "length" | "stop" | null;
  logprobs: Logprobs | null;
}

/** One text of a completion. */
interface Job {
  readonly index: number;
  readonly prompt: string;
  readonly options: WriteOptions;
}

async function completed(ask: Ask): Promise<Answer> {
  const given = ask.body as Record<string, never>;
  const served = ask.serving.model(given.model as string);
  const task = served.writer("completions");
  const jobs = jobsOf(ask);
  const ignored = unknownFields(ask.body, body).map((name) => encodeURIComponent(name.slice(0, 60)));
  const headers: Record<string, string> =
    ignored.length > 0 ? { "X-Cellstate-Ignored": ignored.slice(0, 50).join(", ") } : {};
  const gap = task.reading.tokenizer.charLevel ? "" : " ";
  const head = {
    id: `cmpl-${crypto.randomUUID().replaceAll("-", "")}`,
    object: "text_completion",
    created: Math.floor(Date.now() / 1000),
    model: served.name,
  };
  const promptTokens = [...new Set(jobs.map(({ prompt }) => prompt))].reduce(
    (n, prompt) => n + task.reading.tokenizer.textToWords(prompt).length,
    0,
  );
  const usageOf = (count: number) => ({
    prompt_tokens: promptTokens,
    completion_tokens: count,
    total_tokens: promptTokens + count,
  });
  await placed(served, ask);
  if (given.stream === true) return streamOf(ask, served, jobs, { head, gap, headers, usageOf });
  const choices = await Promise.all(jobs.map((job) => choiceOf(ask, served, job, gap)));
  const count = choices.reduce((n, { count }) => n + count, 0);
  return json({ ...head, choices: choices.map(({ choice }) => choice), usage: usageOf(count) }, 200, headers);
}

/** A job for each prompt and each of its n texts; each text of a prompt has a seed of its own. */
function jobsOf({ body, serving }: Ask): Job[] {
  const given = body as { prompt?: string | string[]; max_tokens?: number; stop?: string | string[] } & Fields;
  const { maxTokens } = serving.limits;
  const words = given.max_tokens ?? 16;
  if (words > maxTokens) throw new HttpProblem(400, `Expected max_tokens up to ${maxTokens}.`, { field: "max_tokens" });
  const prompts = Array.isArray(given.prompt) ? given.prompt : [given.prompt ?? ""];
  const [n, seed] = [(given.n as number) ?? 1, Math.abs((given.seed as number) ?? 1)];
  const temperature = (given.temperature as number) ?? 1;
  const stop = given.stop === undefined || given.stop === null ? [] : [given.stop].flat();
  const topP = (given.top_p as number) ?? 1;
  const sampling = temperature === 0 ? { temperature: 0 } : { temperature, ...(topP < 1 ? { topP } : {}) };
  if (prompts.length * n > 128)
    throw new HttpProblem(400, "Expected at most 128 texts, prompts times n.", { field: "n" });
  return prompts.flatMap((prompt, p) =>
    Array.from({ length: n }, (_, k) => ({
      index: p * n + k,
      prompt,
      options: { words, stop, ...sampling, seed: seed + k },
    })),
  );
}

/** The tokens of a job with their probabilities. */
async function* tokensOf(ask: Ask, served: ServedModel, { prompt, options }: Job) {
  const wanted = ask.body.logprobs as number | null | undefined;
  const task = served.writer("completions");
  const asked = wanted !== undefined && wanted !== null;
  const own = asked ? served.session() : undefined;
  if (asked && !own)
    throw new HttpProblem(400, `"${served.name}" reads its padding as words: it tells no logprobs.`, {
      field: "logprobs",
    });
  const watch = own ? watched(own) : null;
  const session = watch ? { session: watch.session as Session } : {};
  for await (const token of written(served, prompt, { ...options, ...session }, ask))
    yield { token, logprobs: watch ? logprobsOf(watch.last(), token, task, wanted as number) : null };
}

async function choiceOf(ask: Ask, served: ServedModel, job: Job, gap: string) {
  const tokens: string[] = [];
  const parts: NonNullable<ReturnType<typeof logprobsOf>>[] = [];
  for await (const { token, logprobs } of tokensOf(ask, served, job)) {
    tokens.push(token);
    if (logprobs) parts.push(logprobs);
  }
  const echo = ask.body.echo === true && job.prompt !== "";
  const text = [...(echo ? [job.prompt] : []), ...tokens].join(gap);
  const finish_reason = tokens.length >= job.options.words! ? "length" : "stop";
  const logprobs: Logprobs | null =
    typeof ask.body.logprobs !== "number"
      ? null
      : {
          tokens: parts.map(({ token }) => token),
          token_logprobs: parts.map(({ logprob }) => logprob),
          top_logprobs: parts.map(({ top }) => top),
          text_offset: offsets(
            parts.map(({ token }) => token),
            gap,
            echo ? job.prompt.length : 0,
          ),
        };
  const choice: Choice = { text, index: job.index, finish_reason, logprobs };
  return { choice, count: tokens.length };
}

function offsets(tokens: readonly string[], gap: string, from: number): number[] {
  let at = from;
  return tokens.map((token, k) => {
    const begins = at + (k > 0 || from > 0 ? gap.length : 0);
    at = begins + token.length;
    return begins;
  });
}

interface StreamParts {
  readonly head: Fields;
  readonly gap: string;
  readonly headers: Readonly<Record<string, string>>;
  usageOf(count: number): Fields;
}

async function streamOf(
  ask: Ask,
  served: ServedModel,
  jobs: readonly Job[],
  { head, gap, headers, usageOf }: StreamParts,
) {
  // What is refused is refused before the stream begins.
  const sources = jobs.map((job) => ({ job, source: tokensOf(ask, served, job) }));
  const begun = await Promise.all(sources.map(({ source }) => source.next()));
  const usage = (ask.body.stream_options as Fields | null | undefined)?.include_usage === true;
  const work = async (write: Write, signal: AbortSignal) => {
    let total = 0;
    const say = (choice: Choice) => write(event({ ...head, choices: [choice], ...(usage ? { usage: null } : {}) }));
    const one = async ({ job, source }: (typeof sources)[number], k: number) => {
      const { index, prompt, options } = job;
      const echo = ask.body.echo === true && prompt !== "";
      if (echo) await say({ text: prompt, index, finish_reason: null, logprobs: null });
      let count = 0;
      for (let next = begun[k]; !next.done; next = await source.next()) {
        signal.throwIfAborted();
        const { token, logprobs } = next.value;
        const text = count++ > 0 || echo ? `${gap}${token}` : token;
        const alone = logprobs && {
          ...{ tokens: [logprobs.token], token_logprobs: [logprobs.logprob], top_logprobs: [logprobs.top] },
          text_offset: [0],
        };
        await say({ text, index, finish_reason: null, logprobs: alone });
      }
      total += count;
      await say({ text: "", index, finish_reason: count >= options.words! ? "length" : "stop", logprobs: null });
    };
    await Promise.all(sources.map(one));
    if (usage) await write(event({ ...head, choices: [], usage: usageOf(total) }));
    await write(event("[DONE]"));
  };
  const answer = streamed(eventStream, work, (error) => event(openaiError(toldOf(error))), ask.signal);
  return { ...answer, headers: { ...answer.headers, ...headers } };
}
