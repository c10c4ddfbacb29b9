export { type Handler, type LocalServer, type LocalServerOptions, startLocalServer } from "./local-server.ts";
