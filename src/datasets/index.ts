export { type DataSet, dataSet, dataSets } from "./catalog.ts";
export { fetchDataSet, locateDataSet } from "./fetch-data-set.ts";
export { type DataFile, type DataPlaces, dataPlaces, type FetchFileOptions, type Progress } from "./fetch-file.ts";
export { decodeReview, type Imdb, type ImdbOptions, imdb, imdbWordIndex, type Reviews } from "./imdb.ts";
