import type { WriteOptions } from "../../index.ts";
import { HttpProblem, toldOf } from "../http/problem.ts";
import type { Fields, Schema } from "../http/schema.ts";
import { line, lineStream, streamed, type Write } from "../http/streams.ts";
import type { ServedModel } from "../served/served-model.ts";
import { type Ask, json, ownError, type Route } from "./route.ts";

const numbers = {
  words: {
    type: "integer",
    minimum: 0,
    description: "Words or characters at most. Default 10 words or 100 characters.",
  },
  temperature: { type: "number", minimum: 0, maximum: 100 },
  topK: { type: "integer", minimum: 1 },
  topP: { type: "number", minimum: 0, maximum: 1 },
  repetitionPenalty: { type: "number", minimum: 0 },
  seed: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  beams: { type: "integer", minimum: 1, maximum: 64 },
  lengthPenalty: { type: "number", minimum: 0 },
} as const satisfies Record<string, Schema>;

/** `POST /models/{model}/generate`. */
export const generateRoute: Route = {
  method: "POST",
  path: "/models/{model}/generate",
  summary:
    "A text that continues a prompt; the JSON of cellstate generate --json. With Accept: application/x-ndjson a line for each token.",
  body: {
    type: "object",
    additionalProperties: false,
    properties: {
      prompt: { type: "string", description: "The beginning of the text. Default: empty." },
      ...numbers,
      stop: { type: "array", items: { type: "string" }, maxItems: 100, description: "Tokens that end the text." },
      avoid: {
        type: "array",
        items: { type: "string" },
        maxItems: 1000,
        description: "Tokens that are never written.",
      },
      atEnd: { type: "string", enum: ["stop", "avoid"] },
    },
  },
  queues: true,
  errors: ownError,
  async answer(ask) {
    const { serving, path, body, request } = ask;
    const served = serving.model(path.model);
    const prompt = (body.prompt as string | undefined) ?? "";
    const tokens: string[] = [];
    await placed(served, ask);
    const whole = () => {
      const gap = served.writer("generate").reading.tokenizer.charLevel ? "" : " ";
      return { prompt, tokens, text: [...(prompt === "" ? [] : [prompt]), ...tokens].join(gap) };
    };
    if (!/ndjson/.test(request.header("accept") ?? "")) {
      for await (const token of written(served, prompt, optionsIn(body, ask), ask)) tokens.push(token);
      return json(whole());
    }
    const first = written(served, prompt, optionsIn(body, ask), ask); // a prompt that is refused is refused before the stream
    const begun = await first.next();
    const work = async (write: Write, signal: AbortSignal) => {
      for (let next = begun; !next.done; next = await first.next()) {
        signal.throwIfAborted();
        tokens.push(next.value);
        await write(line({ token: next.value }));
      }
      await write(line(whole()));
    };
    return streamed(lineStream, work, (error) => line({ error: toldOf(error).message }), ask.signal);
  },
};

function optionsIn(body: Fields, { serving }: Ask): WriteOptions {
  const { prompt: _, ...options } = body;
  const { maxTokens } = serving.limits;
  if (((options.words as number | undefined) ?? 0) > maxTokens)
    throw new HttpProblem(400, `Expected at most ${maxTokens} words.`, { field: "words" });
  return options as WriteOptions;
}

/** Waits for a place to write in; the request has it until its end, whatever the number of its texts. */
export async function placed(served: ServedModel, { signal, begun, atEnd }: Ask): Promise<void> {
  atEnd(await served.places.take(signal));
  begun();
}

/** The tokens of a text, counted and timed; texts that are written at the same time advance together. */
export async function* written(
  served: ServedModel,
  prompt: string,
  options: WriteOptions,
  { serving, signal }: Ask,
): AsyncGenerator<string, void, undefined> {
  const task = served.writer("generate");
  const session = options.beams === undefined ? (options.session ?? served.session()) : undefined;
  const labels = { model: served.name };
  const begun = performance.now();
  let count = 0;
  const own = session ? { session } : {};
  for await (const token of task.generate(prompt, { warn: () => {}, ...options, signal, ...own })) {
    if (count++ === 0)
      serving.metrics.observe("cellstate_first_token_seconds", labels, (performance.now() - begun) / 1000);
    serving.metrics.add("cellstate_tokens_total", labels);
    yield token;
  }
}
