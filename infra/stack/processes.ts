import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** A process that can be told from another which later has its number. */
export interface Process {
  readonly pid: number
  /** When it was started: this start of the machine, and clock ticks since. */
  readonly startedAt: string
}

export interface Launch {
  readonly command: readonly [string, ...string[]]
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>
  /** Files that it reads when it starts. */
  readonly configuration: readonly string[]
  readonly user?: { readonly uid: number; readonly gid: number } | null
}

const stopPatienceMs = 30_000

/** Starts a process that outlives this one; what it says goes to the end of the log file. */
export async function launch(
  { command, env, user }: Omit<Launch, 'configuration'>,
  logFile: string,
): Promise<Process> {
  const [file, ...args] = command
  const log = openSync(logFile, 'a', 0o600)
  const child = spawn(file, args, {
    ...user,
    cwd: '/',
    env,
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  await once(child, 'spawn')
  child.unref()
  return { pid: child.pid!, startedAt: startOf(child.pid!) ?? 'ended already' }
}

/** Is it still there, and no other process under its number? */
export function isRunning({ pid, startedAt }: Process): boolean {
  return startOf(pid) === startedAt
}

/** The process that a script has started to do its work, or the process itself where there is none. */
export function workerOf(script: Process): Process {
  const [child] = read(`/proc/${script.pid}/task/${script.pid}/children`)?.trim().split(' ') ?? []
  const startedAt = child ? startOf(Number(child)) : null
  return startedAt === null ? script : { pid: Number(child), startedAt }
}

/** Ends it in order, after 30 s by force; does nothing when it is gone, whoever has its number now. */
export async function stop(target: Process, signal: NodeJS.Signals): Promise<void> {
  for (const step of [signal, 'SIGKILL'] as const) {
    const giveUpAt = performance.now() + stopPatienceMs
    if (isRunning(target)) kill(target.pid, step)
    while (isRunning(target) && performance.now() < giveUpAt) await delay(50)
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Null: there is no such process, or it has ended and nobody has asked how. */
function startOf(pid: number): string | null {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === null) return null
  // The second field is the name of the program, in brackets, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, ticks] = [fields[0], fields[19]]
  return state === 'Z' || state === 'X' ? null : `${bootOf()}/${ticks}`
}

function bootOf(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
