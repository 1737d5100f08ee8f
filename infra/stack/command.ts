import { spawn } from 'node:child_process'
import { ConfigError } from '../config.ts'

/**
 * Runs a command of this machine to its end and gives what it wrote to standard output.
 * @param needed what to do where the command is not found, for an administrator
 * @throws ConfigError when the command is not there; Error with the end of its words when it fails
 */
export async function run(command: readonly string[], needed: string, folder = '/'): Promise<string> {
  const [file, ...args] = command
  const child = spawn(file!, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    said = (said + text).slice(-4000)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000)
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new ConfigError(`${file} is missing: ${needed}`) : error),
    )
    child.once('close', resolve)
  })
  if (code === 0) return output
  throw new Error(`${command.join(' ')} failed:\n${said.trim()}`)
}
