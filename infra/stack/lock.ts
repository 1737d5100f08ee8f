import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * Does the work while no other process of this machine does work of the same name; others wait for their turn. The
 * lock is a socket in Linux's abstract namespace, which the kernel frees with its process, however that ends.
 */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const path = `\0guichet-${name}`
  const waiting = new Set<Socket>()
  let lock: Server | null = null
  while (!(lock = await take(path, waiting))) await hangUp(path)
  try {
    return await work()
  } finally {
    lock.close()
    for (const socket of waiting) socket.destroy()
  }
}

async function take(path: string, waiting: Set<Socket>): Promise<Server | null> {
  const lock = createServer((socket) => waiting.add(socket.on('error', () => {})))
  return await new Promise((resolve, reject) => {
    lock.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    )
    lock.listen(path, () => resolve(lock))
  })
}

/** Waits until who holds the lock is done or dead. */
async function hangUp(path: string): Promise<void> {
  const line = connect(path).on('error', () => {})
  await once(line, 'close')
}
