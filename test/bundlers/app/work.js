import { answer } from "./model.js";

addEventListener("message", ({ data }) => {
  answer(data).then(postMessage, (error) => postMessage({ error: String(error) }));
});
