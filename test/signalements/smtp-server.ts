import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

export interface SmtpServer {
  readonly url: string
  /** What it took, each as it came over the line. */
  readonly mails: string[]
  /** Says this to RCPT instead of 250; null: takes everything. `silence` says nothing at all. */
  answer: string | null
  stop(): Promise<void>
}

/** A mail server of a few lines (RFC 5321), on loopback. */
export async function startSmtpServer(): Promise<SmtpServer> {
  const sockets = new Set<Socket>()
  const state: { answer: SmtpServer['answer']; mails: string[] } = { answer: null, mails: [] }
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket)).on('error', () => {})
    if (state.answer !== 'silence') socket.write('220 essai\r\n')
    let text = ''
    let inData = false
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      for (;;) {
        const end = text.indexOf(inData ? '\r\n.\r\n' : '\r\n')
        if (end < 0) return
        const part = text.slice(0, end)
        text = text.slice(end + (inData ? 5 : 2))
        if (inData) {
          state.mails.push(part)
          inData = false
          socket.write('250 taken\r\n')
          continue
        }
        inData = part.toUpperCase() === 'DATA'
        if (inData) socket.write('354 go on\r\n')
        else if (/^RCPT/i.test(part)) socket.write(`${state.answer ?? '250 ok'}\r\n`)
        else if (/^QUIT/i.test(part)) socket.end('221 bye\r\n')
        else socket.write('250 ok\r\n')
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    url: `smtp://127.0.0.1:${port}`,
    get mails() {
      return state.mails
    },
    get answer() {
      return state.answer
    },
    set answer(answer) {
      state.answer = answer
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
