import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { printTable } from '../faults/table.ts'
import { findChromium } from './chromium.ts'

/**
 * `run-tests.ts <tier>... [--full] [jest arguments]`: the suffix of a test file is its tier; `--full` plays the
 * faults at full length, one after the other. With the tier `stack`, the hub of the e2e tests runs in parts on real
 * servers. SEED=n brings a run's random choices back.
 */
const tiers = ['unit', 'int', 'e2e', 'fault', 'browser', 'stack']
const full = process.argv.includes('--full')
const args = process.argv.slice(2).filter((argument) => argument !== '--full')
const stack = args.includes('stack')
const chosen = args.filter((argument) => tiers.includes(argument))
const rest = args.filter((argument) => !tiers.includes(argument))
if (chosen.includes('browser') && !findChromium()) {
  console.error(
    'SKIPPED: the browser tests did not run, because no Chromium was found. Install one (Debian: apt-get install chromium)',
    'or name it in CHROMIUM.',
  )
  process.exit(0)
}
const root = join(import.meta.dirname, '../..')
const jest = join(root, 'node_modules/jest/bin/jest.js')
const seed = process.env.SEED ?? String(randomInt(2 ** 31))
const table = mkdtempSync(join(tmpdir(), 'guichet-faults-'))
const result = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    '--config',
    join(root, 'test/jest.config.js'),
    ...(full ? ['--runInBand'] : []),
    ...rest,
    `--testRegex=\\.(${(chosen.length > 0 ? chosen : tiers).join('|')})\\.test\\.ts$`,
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_ENV: 'test',
      TIERS: chosen.join(','),
      STACK: String(stack),
      SEED: seed,
      FAULTS: full ? 'full' : 'short',
      FAULTS_TABLE: table,
    },
  },
)
printTable(table, `Faults${full ? ', full length' : ''}, seed ${seed} (SEED=${seed} repeats its choices)`)
rmSync(table, { recursive: true })
process.exit(result.status ?? 1)
