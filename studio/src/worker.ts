/** The engine in a thread of its own, so that the page never waits for it. */
import { createEngine } from "../../src/studio/engine.ts";

const scope = self as unknown as {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
};
const engine = createEngine((message, transfer) => scope.postMessage(message, transfer));
scope.onmessage = ({ data }) => void engine.ask(data);
