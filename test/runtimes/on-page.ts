/** For a page: posts the numbers to the server it came from. */
import { allBackends } from "./small-model.ts";

const numbers = await allBackends(["js", "wasm"]);
await fetch("/numbers", { method: "POST", body: JSON.stringify({ isolated: crossOriginIsolated, numbers }) });
