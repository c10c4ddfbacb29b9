/** The engine of cells that draw. Plots are drawn in a document, and a worker has none: linkedom's stands for it, as in Node. */
import { parseHTML } from "linkedom/worker";
import * as plot from "../../src/plot/index.ts";
import { modules } from "./modules.ts";
import { awaitProgram } from "./run.ts";

Object.assign(globalThis, { document: parseHTML("<!doctype html><html><body></body></html>").document });
awaitProgram({ ...modules, "cellstate/plot": plot });
