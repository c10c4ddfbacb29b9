import type { LoadedTask } from "../../index.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Fields, Schema } from "../http/schema.ts";
import { answerBodies } from "./answer-bodies.ts";
import { type Ask, ownError, type Route } from "./route.ts";
import { checkRows, oneField } from "./rows-asked.ts";

const tokens: Schema = {
  type: "array",
  minItems: 1,
  items: { type: "string" },
  description: "A sentence by its tokens.",
};

const sentence: Schema = {
  type: "object",
  additionalProperties: false,
  properties: {
    text: { type: "string", description: "A sentence; tokens end at white space." },
    texts: { type: "array", items: { type: "string" }, minItems: 1, description: "Several sentences." },
    tokens,
  },
};

/** `POST /models/{model}/tag`. */
export const tagRoute: Route = {
  method: "POST",
  path: "/models/{model}/tag",
  summary: "A label for each token of a sentence, and its entities; the JSON of cellstate predict --json.",
  body: sentence,
  lines: true,
  errors: ownError,
  async answer(ask) {
    const { task } = ask.serving.model(ask.path.model).task("tag", "sequenceTagger");
    return answerBodies(ask, sentence, (body, own) => tagged(task, body, own));
  },
};

type Tagger = Extract<LoadedTask, { kind: "sequenceTagger" }>["task"];

/** The answer to one body: an object for a sentence, a list of them for several. */
async function tagged(task: Tagger, body: Fields, { serving, signal }: Ask): Promise<unknown> {
  oneField(body, ["text", "texts", "tokens"]);
  const { text, texts, tokens } = body as { text?: string; texts?: string[]; tokens?: string[] };
  const { maxTokens } = serving.limits;
  const rows = (texts ?? [text ?? tokens!]).map((one) => (typeof one === "string" ? one.trim().split(/\s+/) : one));
  checkRows(rows, serving.limits);
  const longest = Math.max(...rows.map((one) => one.length));
  if (longest > maxTokens)
    throw new HttpProblem(400, `Expected at most ${maxTokens} tokens in a sentence, received ${longest}.`);
  const answers = await task.predict(rows, { signal });
  const said = answers.map((answer, k) => (tokens ? answer : { text: (texts ?? [text])[k], ...answer }));
  return texts ? { predictions: said } : said[0];
}
