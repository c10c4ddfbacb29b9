import { noFileSystem } from "../files/atomic-write.ts";

export { quantizeLayers, refuseTraining } from "../models/quantize.ts";

/**
 * Stands for model-file.ts, as what `model.save` calls, in what bundlers make for pages, which have no files: Vite puts all that a worker
 * might ever import into its one file, every format for a model that is only trained.
 */
export async function saveModel(_model: object, path: string | URL): Promise<never> {
  throw noFileSystem(String(path));
}
