/** The lessons that come with the page, by the names that links give, in the order in which they are taught. */
export const lessonIds = [
  "forget",
  "input",
  "output",
  "why-rnns-forget",
  "padding",
  "overfitting",
  "temperature",
  "forecasts",
] as const;
export type LessonId = (typeof lessonIds)[number];

export const lessonTitles: Readonly<Record<LessonId, string>> = {
  forget: "The forget gate: the subject changes",
  input: "The input gate: what is worth remembering",
  output: "The output gate: the word that must follow",
  "why-rnns-forget": "Why RNNs forget",
  padding: "Padding and masks",
  overfitting: "Overfitting and dropout",
  temperature: "Temperature",
  forecasts: "Honest forecasts",
};
