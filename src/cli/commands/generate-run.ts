import { DataError, problem } from "../../errors.ts";
import type { LanguageModel, WriteOptions } from "../../index.ts";
import type { BareOptions } from "../readers/bare-options.ts";
import { openAnyTask } from "../readers/open-task.ts";
import { type Common, interruptible, notes, type Screen, shortened } from "../screen/screen.ts";

export interface GenerateOptions
  extends Common,
    Pick<BareOptions, "tokenizer" | "numWords" | "maxLength">,
    Omit<WriteOptions, "warn"> {
  interactive?: boolean;
}

export async function generate(
  model: string,
  prompt: string | undefined,
  { interactive, ...o }: GenerateOptions,
  screen: Screen,
): Promise<void> {
  if (o.lengthPenalty !== undefined && o.beams === undefined)
    throw new DataError(
      problem("--length-penalty", "--beams beside it", "none", "The length penalty needs beam search: --beams 4."),
    );
  const { tokenizer, numWords, maxLength, ...given } = o;
  const { task } = await openAnyTask(model, ["languageModel"], { ...o, say: notes(o, screen) });
  if (interactive) return converse(task, prompt, given, screen);
  if (await speak(task, prompt ?? "", given, screen)) screen.code = 130;
}

/** Answers line after line; a prompt of unknown words ends no conversation. */
async function converse(task: LanguageModel, first: string | undefined, o: GenerateOptions, screen: Screen) {
  if (screen.asks && !o.quiet && !o.json)
    screen.err("One prompt per line. Ctrl-C ends an answer, Ctrl-D the session.\n");
  const answer = async (line: string) => {
    if (line.trim() === "" && task.reading.endToken === null) return; // nothing to continue
    try {
      await speak(task, line, o, screen);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      screen.err(`${shortened(error.message)}\n`);
    }
  };
  if (first !== undefined) await answer(first);
  for await (const line of screen.input(o.json ? undefined : "> ")) await answer(line);
}

/** Says whether it was interrupted. */
async function speak(task: LanguageModel, prompt: string, o: GenerateOptions, screen: Screen): Promise<boolean> {
  const { json, quiet, backend: _, ...given } = o;
  const warn = (message: string) => quiet || screen.err(`${shortened(message)}\n`);
  const gap = task.reading.tokenizer.charLevel ? "" : " ";
  const tokens: string[] = [];
  const say = (text: string) => json || screen.out(text);
  return interruptible(async (signal) => {
    for await (const token of task.generate(prompt, { ...given, warn })) {
      await new Promise((resolve) => setImmediate(resolve)); // Ctrl-C is observed between two words
      if (signal.aborted) break;
      say(tokens.length > 0 ? `${gap}${token}` : prompt === "" ? token : `${prompt}${gap}${token}`);
      tokens.push(token);
    }
    if (tokens.length === 0) {
      say(prompt);
      if (!quiet && !json && !signal.aborted && o.beams === undefined)
        screen.err("nothing follows: the line ends here, or a --stop word comes next; --at-end avoid continues\n");
    }
    const text = [...(prompt === "" ? [] : [prompt]), ...tokens].join(gap);
    screen.out(json ? `${JSON.stringify({ prompt, tokens, text })}\n` : "\n");
    return signal.aborted;
  });
}
