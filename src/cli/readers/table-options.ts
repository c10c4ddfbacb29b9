/** Options for reading tables. */
export interface TableOptions {
  /** Of text files, as the web names it. Default: UTF-8. */
  encoding?: string;
  /** Between the cells of csv. Default: what cuts its first rows alike. */
  delimiter?: string;
  /** Whether the first line of csv names its columns. Default: unless it looks like data. */
  header?: boolean;
  /** Begins a comment in csv. Default: none, but lines with # above the table. */
  comment?: string;
  /** False: quotes in csv stand for themselves. */
  quote?: boolean;
  /** Is told in a line what a user may not expect. */
  say?(line: string): void;
}
