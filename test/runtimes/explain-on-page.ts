/** For a page: leaves what `cellstate/explain` gives there in `answer`. */
import { explained, traceTimes } from "./explained.ts";

const answer = { wasm: await explained("wasm"), js: await explained("js"), times: await traceTimes("wasm") };
Object.assign(globalThis, { answer });
