import { flushCompileCache } from 'node:module'

/** Loaded into each hub of a test run: keeps what it compiled for those that follow, before somebody kills it. */
setInterval(flushCompileCache, 1_000).unref()
