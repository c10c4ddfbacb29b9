export { type DataSet, dataSet, dataSets } from "./catalog.ts";
export { type DataPlaces, dataPlaces } from "./data-places.ts";
export { fetchDataSet, locateDataSet } from "./fetch-data-set.ts";
export type { DataFile, FetchFileOptions, Progress } from "./fetch-file.ts";
export { decodeReview, type Imdb, type ImdbOptions, imdb, imdbWordIndex, type Reviews } from "./imdb.ts";
