import { demoAccounts, demoPassword } from '../../infra/issuer/accounts.ts'
import { signIn } from './sign-in.ts'

/** `npm run -s token -- amina`: prints an access token of a demo account, good for 5 minutes. */
const baseUrl = `http://localhost:${process.env.PORT ?? 3000}`
const known = demoAccounts.map((account) => account.identifiant)
const [who = ''] = process.argv.slice(2)
if (!known.includes(who))
  fail(`Whose token? One of: ${known.join(', ')}. For example: npm run -s token -- amina`)
const alive = await fetch(`${baseUrl}/health/live`).then(
  (response) => response.ok,
  () => false,
)
if (!alive) fail(`No hub answers at ${baseUrl}. Start one in another terminal: npm start`)
const session = await signIn(baseUrl, who, demoPassword)
process.stdout.write(`${await session.token()}\n`)

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
