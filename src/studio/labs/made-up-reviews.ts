import { type Drawer, drawer } from "./draw.ts";

/**
 * Made-up sentences about films, whose class follows from an adjective and a negation: reviews of 200 words teach a small network
 * words, but seldom what a single "not" does. One in five adjectives is never negated here in training, to see whether it carries over.
 */
const good =
  "good great wonderful funny excellent brilliant beautiful interesting exciting enjoyable amazing clever charming perfect entertaining fantastic touching original moving superb".split(
    " ",
  );
const bad =
  "bad terrible awful boring stupid dull horrible weak disappointing predictable poor ridiculous annoying slow silly pointless lame tedious ugly worthless".split(
    " ",
  );
const subjects =
  "the film,the movie,this film,this movie,it,the story,the plot,the acting,the cast,the music,the script,the ending,the whole thing,the dialogue,the director,everything".split(
    ",",
  );
const is = "is,was,is really,was really,is very,was very,was quite,seems,felt,was so".split(",");
const isNot =
  "is not,was not,is not very,was not very,isn't,wasn't,is not really,was not at all,is never,was never,is far from".split(
    ",",
  );
const doNot = ["did not", "didn't", "do not", "don't", "would not", "cannot", "never"];
const verbs = ["like", "love", "enjoy", "recommend"];
const objects = ["it", "this film", "this movie", "the film", "the movie", "the story", "the acting", "the music"];

/** A text and its class. */
export type Review = readonly [text: string, label: "negative" | "positive"];

/** `count` sentences and their classes; the same seed gives the same ones. */
export function trainingSentences(count: number, seed: number): Review[] {
  const draw = drawer(seed);
  return Array.from({ length: count }, () => sentence(draw));
}

const negations = /\b(not|never|hardly|cannot)\b|n't|no means|far from/;

/** `count` of these sentences without a negation: the adjective decides. */
export function plainSentences(count: number, seed: number): Review[] {
  const some = trainingSentences(count * 4, seed).filter(([text]) => !negations.test(text));
  return some.slice(0, count); // about half have none
}

/** Negations of the adjectives that are never negated in training. */
export function unseenNegations(count: number, seed: number): Review[] {
  const draw = drawer(seed);
  return Array.from({ length: count }, () => clause(draw, { negated: true, unseen: true }));
}

function sentence(draw: Drawer): Review {
  const form = draw.below(6);
  const first = clause(draw);
  if (form === 0) {
    const negated = draw.below(2) === 0;
    const doing = negated
      ? `${draw.from(doNot)} ${draw.from(verbs)}`
      : `${draw.from(["really ", "", "would "])}${draw.from(verbs)}`;
    return [`i ${doing} ${draw.from(objects)}`, classOf(!negated)];
  }
  if (form === 1) {
    const [positive, negated] = [draw.below(2) === 0, draw.below(2) === 0];
    const article = negated ? draw.from(["not a", "hardly a", "by no means a"]) : "a";
    const thing = draw.from(["film", "movie", "story"]);
    return [`${article} ${draw.from(positive ? good : bad)} ${thing}`, classOf(positive !== negated)];
  }
  if (form > 2) return first;
  const second = clause(draw);
  return [`${first[0]} but ${second[0]}`, second[1]];
}

function clause(draw: Drawer, { negated = draw.below(2) === 0, unseen = false } = {}): Review {
  const positive = draw.below(2) === 0;
  const words = (positive ? good : bad).filter((_, k) => !negated || (k % 5 === 4) === unseen);
  return [
    `${draw.from(subjects)} ${draw.from(negated ? isNot : is)} ${draw.from(words)}`,
    classOf(positive !== negated),
  ];
}

const classOf = (positive: boolean) => (positive ? "positive" : "negative");
