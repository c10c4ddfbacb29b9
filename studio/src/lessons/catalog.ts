import { airlinePassengers } from "../../../src/studio/airline.ts";
import type { Lesson } from "./lesson.ts";
import { type LessonId, lessonTitles } from "./lesson-ids.ts";

/** The lessons that come with the page, by the name that a link gives. The stories are those of the class. */
export const lessons: Readonly<Record<LessonId, Lesson>> = {
  forget: {
    title: lessonTitles.forget,
    story:
      "When the subject of a text changes, what was noted about the old one is no longer needed. The forget gate is a number between 0 and 1 for each unit: 1 keeps what the cell holds, 0 clears it.",
    question: "This network reads film reviews. At which word does it keep the least of its memory?",
    lab: "sentiment",
    input: "the music was good but the film was bad",
    task: { kind: "step", measure: "kept", find: "least" },
    gate: "f",
    step: null,
    lesson:
      "Nobody told the network what “but” means: it learned from its reviews that what came before counts less from here on. Forgetting is half of remembering.",
    page: "labs/memory.md#what-each-gate-does",
  },
  input: {
    title: lessonTitles.input,
    story:
      "Most words say nothing new. The input gate decides how much of the candidate is written into the cell: i × g is what a word leaves there.",
    question: "Which word does the network write most of into its memory?",
    lab: "sentiment",
    input: "the film was not good",
    task: { kind: "step", measure: "written", find: "most" },
    gate: "i",
    step: null,
    lesson:
      "“not” is written, strongly, though it is no judgement by itself; and “good”, which comes after it, hardly is. Look at what is left of each at the end: the prediction hangs on that one word.",
    page: "labs/memory.md#what-each-gate-does",
  },
  output: {
    title: lessonTitles.output,
    story:
      "The cell holds more than the next word needs. The output gate decides what is shown of it: h = o × tanh c, and from h alone the next word is predicted.",
    question:
      "After “what does the forget” the network is nearly sure that “gate” must follow. We hold the output gate of all units at 0 at the last word; the memory stays. How probable is “gate” then, in percent?",
    lab: "next-word",
    input: "what does the forget",
    task: { kind: "held", gate: "o", at: 5, value: 0 },
    gate: "o",
    step: 5,
    lesson:
      "The memory was all there, and nothing of it was shown: with h = 0 the prediction is the bias of the last layer, the same after any text. The output gate does not change what is remembered, only what is said.",
    page: "labs/memory.md#what-each-gate-does",
  },
  "why-rnns-forget": {
    title: lessonTitles["why-rnns-forget"],
    story:
      "Two of fifty numbers are marked; the network must say their sum at the end. What it must learn from the first numbers has to travel back through fifty steps: at each the gradient is multiplied by about the same factor.",
    question:
      "A simple RNN, an LSTM and a GRU of 32 units train for 600 steps on the same rows. Which of them learn it?",
    lab: "adding",
    input: "0.42 0; 0.17 1; 0.93 0; 0.11 0; 0.64 0; 0.55 0; 0.28 1; 0.71 0",
    task: {
      kind: "choice",
      choices: ["all three", "the LSTM and the GRU", "the GRU alone", "the LSTM alone", "none of them, or another mix"],
      experiment: "race",
    },
    gate: "c",
    step: 4,
    lesson:
      "In the simple RNN the gradient of the first steps vanishes: nothing is learned from what is too faint to be felt. Gates let the network keep a path open (c = f × c₋ + …, with f near 1). Attention takes no path at all: each step is one step away from the answer, and its weights say where it looked.",
    page: "labs/memory.md#the-vanishing-gradient",
  },
  padding: {
    title: lessonTitles.padding,
    story:
      "Rows of a batch need one length, so shorter ones are filled up with the id 0. A mask tells the layers above that those steps do not exist: a masked step leaves c and h as they were. Without it, the zeros are read like words.",
    question:
      "The network reads “the film was not good”, then the same with 40 zeros behind it, once with the mask and once without. With which is the prediction the same as for the words alone?",
    lab: "sentiment",
    input: "the film was not good",
    task: {
      kind: "choice",
      choices: ["with the mask only", "without the mask only", "with both", "with neither"],
      experiment: "padding",
    },
    gate: "c",
    step: 5,
    lesson:
      "Zeros that are read as words are forty more steps of forgetting. So either mask them (mask_zero=True), or put them in front, where the network learns to ignore them while nothing is in its memory yet: that is why pad_sequences pads in front.",
    page: "labs/sentiment.md",
  },
  overfitting: {
    title: lessonTitles.overfitting,
    story:
      "A network with more parameters than examples can learn each of them by heart, the wrong ones too. Dropout hides a part of what each layer sees while it trains, so that no single detail can be relied on.",
    question:
      "100 made-up sentences, one in eight with the wrong class, 50 epochs, with and without dropout of 0.5. What does the loss on 300 new sentences do without dropout?",
    lab: "sentiment",
    input: "the film was boring",
    task: {
      kind: "choice",
      choices: [
        "it falls to the end, as the loss in training does",
        "it falls, then stays level",
        "it falls, then rises again",
        "it rises from the beginning",
      ],
      experiment: "overfitting",
    },
    gate: null,
    step: 4,
    lesson:
      "Where the loss on new sentences turns, learning ends and learning by heart begins; the training loss alone shows nothing of it. Keep rows aside, stop there (early stopping), and use dropout: it does not make the network better at its own rows, but less sure of what it has no reason to be sure of.",
    page: "labs/memory.md#overfitting",
  },
  temperature: {
    title: lessonTitles.temperature,
    story:
      "The last layer gives a probability for every word. Raised to the power of 1 / temperature and divided by their sum, they become sharper below 1 and flatter above; the order of the words stays.",
    question:
      "After “what does the” the likeliest next word has some probability at temperature 1. Which does it have at temperature 0.5, in percent?",
    lab: "next-word",
    input: "what does the",
    task: { kind: "temperature", temperature: 0.5 },
    gate: "o",
    step: 4,
    lesson:
      "At 0.5 probabilities are squared and divided by their sum: whoever leads, leads by more. Low temperatures repeat what is usual, high ones invent. No temperature makes a word right that the network holds for wrong.",
    page: "labs/next-word.md",
  },
  forecasts: {
    title: lessonTitles.forecasts,
    story:
      "A curve of forecasts that follows the real one proves little: who says “next month is as this month” draws such a curve too. A forecast is honest when it is compared with forecasts that need no network, on months that the network never saw.",
    question:
      "The airline network forecasts each of the last 12 months from those before. Which has the smallest error (RMSE) there?",
    lab: "airline",
    input: airlinePassengers.slice(-36).join(" "),
    task: {
      kind: "choice",
      choices: [
        "the network",
        "as last month",
        "as the same month a year ago",
        "the same month a year ago, times the growth since",
      ],
      experiment: "forecast",
    },
    gate: "f",
    step: null,
    lesson:
      "The network beats the two simple ones, and a line of arithmetic beats the network. A baseline that is easy to beat proves nothing. Give the errors of the good ones beside every forecast's, and say so where they win.",
    page: "labs/honest-forecast.md",
  },
};
