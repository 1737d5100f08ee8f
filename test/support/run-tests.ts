import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { findChromium } from './chromium.ts'

/** `run-tests.ts <tier>... [jest arguments]`: the suffix of a test file is its tier. */
const tiers = ['unit', 'int', 'e2e', 'fault', 'browser']
const chosen = process.argv.slice(2).filter((argument) => tiers.includes(argument))
const rest = process.argv.slice(2).filter((argument) => !tiers.includes(argument))
if (chosen.includes('browser') && !findChromium()) {
  console.error(
    'SKIPPED: the browser tests did not run, because no Chromium was found. Install one (Debian: apt-get install chromium)',
    'or name it in CHROMIUM.',
  )
  process.exit(0)
}
const root = join(import.meta.dirname, '../..')
const jest = join(root, 'node_modules/jest/bin/jest.js')
const result = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    '--config',
    join(root, 'test/jest.config.js'),
    ...rest,
    `--testRegex=\\.(${(chosen.length > 0 ? chosen : tiers).join('|')})\\.test\\.ts$`,
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, NODE_ENV: 'test', TIERS: chosen.join(',') } },
)
process.exit(result.status ?? 1)
