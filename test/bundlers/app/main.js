import { say } from "./page.js";

say();
