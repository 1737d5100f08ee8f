import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type BrowserServer, chromium } from 'playwright-core'

export type ChromiumServer = BrowserServer

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** The browser of this machine: the one that `CHROMIUM` names, or the first of its usual names in `PATH`. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  return [process.env.CHROMIUM ?? '', ...found].find((file) => file !== '' && existsSync(file))
}

/** One browser for a whole run, that stays on this machine: each test file connects to it. */
export async function launchChromium(): Promise<ChromiumServer> {
  const executablePath = findChromium()
  if (!executablePath) throw new Error('no Chromium was found')
  return await chromium.launchServer({
    executablePath,
    host: '127.0.0.1',
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  })
}
