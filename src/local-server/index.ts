export { type Handler, type LocalServer, type LocalServerOptions, listen, startLocalServer } from "./local-server.ts";
export { foreign, loopbackNames } from "./who-may.ts";
