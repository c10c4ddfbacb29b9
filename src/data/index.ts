export { type MelOptions, melSpectrogram } from "./audio-mel.ts";
export { type Recording, readWav } from "./audio-wav.ts";
export { columnNumbers, type NumberOptions, numericColumns, type Thousands, unusualNumbers } from "./column-numbers.ts";
export { type CsvContents, type CsvOptions, type CsvTable, formatCsv, parseCsv, readCsv, writeCsv } from "./csv.ts";
export {
  type ClassName,
  type EncoderJson,
  encoderFromJson,
  LabelEncoder,
  labelEncoder,
  OneHotEncoder,
  type OneHotOptions,
  oneHotEncoder,
} from "./encoders.ts";
export { findLeaks, type Leak, type LeakOptions } from "./find-leaks.ts";
export { readIdx } from "./idx.ts";
export { type KFoldOptions, kFold } from "./k-fold.ts";
export { type AddingOptions, addingProblem, delayedRecall, type RecallOptions } from "./memory-tasks.ts";
export { type MfccOptions, mfcc } from "./mfcc.ts";
export { midiFile } from "./midi-file.ts";
export { type NumberStyle, numberStyle } from "./number-style.ts";
export { type Chord, nextChords, pianoRoll } from "./piano-roll.ts";
export { type EncodingOption, readJsonLines, readLines, type TextSource } from "./read-text.ts";
export { resample } from "./resample.ts";
export type { RowList } from "./rows-of.ts";
export {
  minMaxScaler,
  robustScaler,
  type Scaler,
  type ScalerJson,
  scalerFromJson,
  standardScaler,
} from "./scalers.ts";
export { seriesColumns } from "./series-columns.ts";
export {
  type Fold,
  type Part,
  type RollingOptions,
  rollingOrigin,
  type SplitOptions as TimeSplitOptions,
  splitByTime,
  type TimeSplit,
} from "./splits.ts";
export { type Stft, type StftOptions, stft } from "./stft.ts";
export { guessEncoding, textDecoder, wideEncoding } from "./text-encoding.ts";
export {
  type Calendar,
  type CalendarFeature,
  type CalendarFeatureOptions,
  type CalendarFeatures,
  calendarFeatures,
  calendarOf,
  type DateFormat,
  type DateOptions,
  type DatePrecision,
  type DayOfMonth,
  type Duplicates,
  describeSeries,
  holidayDates,
  type LongSeriesOptions,
  longSeries,
  type Missing,
  nextDates,
  type ParsedDates,
  parseDates,
  type SeriesCollection,
  type TableSeries,
  type TimeSeries,
  type TimeSeriesOptions,
  type TimeUnit,
  timeSeries,
  usualFeatures,
  type WideSeriesOptions,
  wideSeries,
} from "./time/index.ts";
export { type SplitPart, type TrainTestOptions, trainTestSplit } from "./train-test-split.ts";
export { parseTs, type TsRow } from "./ts-file.ts";
export {
  type Batches,
  type BatchOptions,
  type GeneratorOptions,
  timeseriesBatches,
  timeseriesGenerator,
  timeseriesWindows,
  type WindowOptions,
  type Windows,
  type WindowsAndTargets,
} from "./windows.ts";
export {
  type Coverage,
  readWordVectors,
  type WordNumbers,
  type WordVectorOptions,
  WordVectors,
} from "./word-vectors.ts";
