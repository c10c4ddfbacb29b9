// node bench/make-case.mjs WORKLOAD FOLDER BACKEND: a process of its own, so that its memory is nobody's.
import * as library from "../dist/index.js";
import { writeCase } from "./case.mjs";
import { workloads } from "./workloads.mjs";

const [name, folder, backend] = process.argv.slice(2);
await writeCase(
  workloads.find((w) => w.name === name),
  folder,
  backend,
  library,
);
process.exit(0); // the kernels' threads need no goodbye
