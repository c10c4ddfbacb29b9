/** What cells may import, but for plots, which bring a library of their own. */
import * as data from "../../src/data/index.ts";
import * as explain from "../../src/explain/index.ts";
import * as formats from "../../src/formats/index.ts";
import * as cellstate from "../../src/index.ts";
import * as tagging from "../../src/tagging/index.ts";
import * as transcribe from "../../src/transcribe/index.ts";
import * as translate from "../../src/translate/index.ts";
import * as video from "../../src/video/index.ts";

export const modules: Readonly<Record<string, object>> = {
  cellstate,
  "cellstate/data": data,
  "cellstate/explain": explain,
  "cellstate/formats": formats,
  "cellstate/tagging": tagging,
  "cellstate/transcribe": transcribe,
  "cellstate/translate": translate,
  "cellstate/video": video,
};
