import { modules } from "./modules.ts";
import { awaitProgram } from "./run.ts";

awaitProgram(modules);
