/**
 * The memories a program works on:
 * - `weights`, `gradients`, `optimizer`: parameters in declaration order; the same offsets in every program of a model.
 * - `state`: what a step leaves for the next one or for the host: loss sums, metric sums, recurrent state, predictions.
 * - `data`: resident data sets, written once.
 * - `feed`: what the host gives each step (row indices, learning rate). Step k of a crossing reads `k * sizes.feed` further.
 * - `scratch`: everything that lives and dies inside one step; planned.
 */
export type Region = "weights" | "gradients" | "optimizer" | "state" | "data" | "feed" | "scratch";
export const regions: readonly Region[] = ["weights", "gradients", "optimizer", "state", "data", "feed", "scratch"];
