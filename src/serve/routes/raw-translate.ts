import type { Fields, Schema } from "../http/schema.ts";
import type { ServedModel } from "../served/served-model.ts";
import { answerBodies } from "./answer-bodies.ts";
import { type Ask, ownError, type Route } from "./route.ts";
import { checkRows, checkTexts, oneField } from "./rows-asked.ts";

const sentence: Schema = {
  type: "object",
  additionalProperties: false,
  properties: {
    text: { type: "string", description: "A text to translate." },
    texts: { type: "array", items: { type: "string" }, minItems: 1, description: "Several texts." },
    beams: {
      type: "integer",
      minimum: 1,
      maximum: 64,
      description: "Beginnings that beam search keeps; 1 is greedy. Default 4.",
    },
    lengthPenalty: { type: "number", minimum: 0, maximum: 10, description: "0 favours short texts. Default 1." },
  },
};

/** `POST /models/{model}/translate`. */
export const translateRoute: Route = {
  method: "POST",
  path: "/models/{model}/translate",
  summary: "The translation of texts; the JSON of cellstate predict --json.",
  body: sentence,
  lines: true,
  queues: true,
  errors: ownError,
  async answer(ask) {
    const served = ask.serving.model(ask.path.model);
    served.task("translate", "translator");
    return answerBodies(ask, sentence, (body, own) => translated(served, body, own));
  },
};

/** The answer to one body: an object for a text, a list of them for several. */
async function translated(served: ServedModel, body: Fields, { serving, signal, begun }: Ask): Promise<unknown> {
  oneField(body, ["text", "texts"]);
  const { text, texts, beams, lengthPenalty } = body as {
    text?: string;
    texts?: string[];
    beams?: number;
    lengthPenalty?: number;
  };
  const rows = texts ?? [text!];
  checkRows(rows, serving.limits);
  checkTexts(rows, serving.limits);
  const options = { ...(beams && { beams }), ...(lengthPenalty === undefined ? {} : { lengthPenalty }) };
  const found = await served.translations!.ask(rows, options, { signal, begun });
  const said = found.map((one, k) => {
    const { text: translation, logProbability, unknown } = one;
    return { text: rows[k], translation, logProbability, unknown };
  });
  return texts ? { predictions: said } : said[0];
}
