/** Names of built files, which the build writes in. */
declare const SITE_DEMO: string;
declare const SITE_ENGINE: string;
declare const SITE_ENGINE_PLOTS: string;
declare const SITE_FRAME: string;
