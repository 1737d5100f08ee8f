import { demoPassword } from '../../infra/issuer/accounts.ts'
import { signIn } from './sign-in.ts'

/** `npm run -s token -- amina`: prints an access token of a demo account, good for 5 minutes. */
const [who = 'amina'] = process.argv.slice(2)
const session = await signIn(`http://localhost:${process.env.PORT ?? 3000}`, who, demoPassword)
process.stdout.write(`${await session.token()}\n`)
