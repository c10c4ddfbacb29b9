import type { FoldRunner } from "../../index.ts";

/** A fold as JSON holds it. */
export type PlainFold = object;

/** Wishes for a run of a backtest. */
export interface BacktestAsked<Fold extends PlainFold> {
  readonly signal?: AbortSignal;
  /** Number of the one fold to compute, from 1 on. */
  readonly only?: number;
  readonly runner?: FoldRunner<Fold>;
  /** Is told of each fold that is done: its data, a line about it, its number. */
  onFold?(fold: Fold, line: string, number: number): void;
}

/** A backtest that is ready to run: series and options have been read. */
export interface Backtest<Fold extends PlainFold = PlainFold> {
  run(asked: BacktestAsked<Fold>): Promise<{
    /** A table to read. */
    readonly text: string;
    readonly json: unknown;
    /** Draws the forecasts as SVG; null where there is no such chart. */
    readonly chart: (() => Promise<string>) | null;
  }>;
}

export const foldLine = (number: number, of: number, says: string): string => `fold ${number} of ${of}: ${says}`;
