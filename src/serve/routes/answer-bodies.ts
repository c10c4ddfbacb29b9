import type { Answer } from "../http/exchange.ts";
import { toldOf } from "../http/problem.ts";
import { isLines, readLines } from "../http/read-body.ts";
import { checkBody, type Fields, type Schema } from "../http/schema.ts";
import { line, lineStream, streamed, type Write } from "../http/streams.ts";
import { type Ask, json } from "./route.ts";

/** The answer to the body of a request, or to each of its lines. */
export async function answerBodies(
  ask: Ask,
  schema: Schema,
  answerTo: (body: Fields, ask: Ask) => Promise<unknown>,
): Promise<Answer> {
  return isLines(ask.request) ? answerLines(ask, schema, answerTo) : json(await answerTo(ask.body, ask));
}

/** A line for each line, in their order; one that cannot be answered is told in its place. A line that is a string is a text. */
function answerLines(ask: Ask, schema: Schema, answerTo: (body: Fields, ask: Ask) => Promise<unknown>): Answer {
  const work = async (write: Write, signal: AbortSignal) => {
    const pending: Promise<string>[] = [];
    const answer = async (value: unknown): Promise<string> => {
      const body = checkBody(typeof value === "string" ? { text: value } : value, schema);
      return line(await answerTo(body, { ...ask, signal }));
    };
    for await (const given of readLines(ask.request, ask.serving.limits)) {
      const told = (error: unknown) => line({ line: given.line, error: toldOf(error).message });
      pending.push(
        "wrong" in given
          ? Promise.resolve(line({ line: given.line, error: given.wrong }))
          : answer(given.value).catch(told),
      );
      // So many are computed together, and no more of an endless stream is held.
      if (pending.length >= 256) await write(await pending.shift()!);
      signal.throwIfAborted();
    }
    for (const said of pending) await write(await said);
  };
  return streamed(lineStream, work, (error) => line({ error: toldOf(error).message }), ask.signal);
}
