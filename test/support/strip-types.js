import { stripTypeScriptTypes } from 'node:module'

/** Jest transformer: the same stripping that Node does, line numbers kept. */
export default {
  process: (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) }),
}
