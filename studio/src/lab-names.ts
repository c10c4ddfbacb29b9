/** The trained models that come with the page, by their names. */
export const labs = ["sentiment", "next-word", "airline", "adding", "dialogues"] as const;
export type Lab = (typeof labs)[number];
