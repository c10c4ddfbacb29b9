export { type DataPlaces, dataPlaces, type FetchFileOptions, type Progress } from "./fetch-file.ts";
export { decodeReview, type Imdb, type ImdbOptions, imdb, imdbWordIndex, type Reviews } from "./imdb.ts";
