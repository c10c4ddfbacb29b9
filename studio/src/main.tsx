import { render } from "preact";
import { App, onKey } from "./app.tsx";
import { keepOffline } from "./offline.ts";
import { followLink } from "./state.ts";
import "./style.css";

render(<App />, document.getElementById("app")!);
document.addEventListener("keydown", onKey);
addEventListener("hashchange", () => void followLink());
void followLink();
keepOffline();
