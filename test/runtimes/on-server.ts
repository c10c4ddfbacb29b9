/** For Node, Bun and Deno: prints the numbers of each backend as one line of JSON. */
import { allBackends } from "./small-model.ts";

const numbers = await allBackends(["js", "wasm", "native"]);
console.log(JSON.stringify(numbers));
process.exit(0);
