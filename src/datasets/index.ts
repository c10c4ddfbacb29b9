export type { FetchFileOptions, Progress } from "./fetch-file.ts";
export { decodeReview, type Imdb, type ImdbOptions, imdb, imdbWordIndex, type Reviews } from "./imdb.ts";
