/** The folder of data sets on this machine; undefined in a browser. */
export interface DataPlaces {
  /** The user's own: the variable CELLSTATE_DATA, a file or a folder. */
  dataPath: string | undefined;
  /** Cellstate's cache, per user. */
  cache: string;
  /** Keras's cache, read only. */
  kerasCache: string;
}

/**
 * The folders in which data sets are looked for, and stored.
 *
 *   const { cache } = await dataPlaces();
 */
export async function dataPlaces(): Promise<DataPlaces> {
  const { homedir } = await import("node:os");
  const { join } = await import("node:path");
  const { default: envPaths } = await import("env-paths");
  return {
    dataPath: process.env.CELLSTATE_DATA || undefined,
    cache: join(envPaths("cellstate", { suffix: "" }).cache, "datasets"),
    kerasCache: join(process.env.KERAS_HOME || join(homedir(), ".keras"), "datasets"),
  };
}
