import { parseArgs } from 'node:util'
import { ConfigError, readConfig } from '../config.ts'
import { allParts, loadServices } from '../parts.ts'
import {
  partsOf,
  type Permissions,
  permissionsOf,
  type ServiceCard,
  staffImportsOf,
  staffPermissionsOf,
  storageInfo,
} from './permissions.ts'

/**
 * `npm run -s nats:users -- [user...]` prints the users of NATS: one for each part of the hub, each of NATS_STAFF, and
 * those named, such as `identity-demarches` for a process that runs both, or `guichet` for one that runs everything.
 */
export function usersConf(
  known: readonly string[],
  services: readonly ServiceCard[],
  staff: readonly string[],
  more: readonly string[] = [],
): string {
  const users = new Map([...known, ...more].map((user) => [user, partsOf(user, known)]))
  for (const [user, parts] of users)
    if (parts.length === 0)
      throw new ConfigError(`${user}: a user is named after parts of ${known.join(', ')}.`)
  for (const user of staff)
    if (partsOf(user, known).length > 0) throw new ConfigError(`NATS_STAFF: ${user} is the name of a part.`)
  return `# Who may do what. Made by \`npm run -s nats:users\`: change the contracts, the services or NATS_STAFF, then make it anew.
# Passwords are variables of the server's environment, in quotes there, plain or hashed by bcrypt: "s3cr3t", "$2a$11$...".
# Decision 0019 says why the subjects are these.

system_account: SYS

accounts {
  # The servers' own. The administrator of NATS looks after servers and clusters here, and cannot read an event.
  SYS {
    exports: [{ service: "${storageInfo}", response_type: stream, accounts: [GUICHET] }]
    users: [{ user: admin, password: $NATS_PASSWORD_ADMIN }]
  }

  # The processes of the hub.
  GUICHET {
    jetstream: enabled
    imports: [{ service: { account: SYS, subject: "${storageInfo}" } }]
    exports: [
${staff.flatMap((user) => staffImportsOf(user).map(({ subject }) => exported(subject, user))).join('\n')}
    ]
    users: [
${[...users].map(([user, parts]) => userBlock(user, permissionsOf(user, parts, services, users))).join('\n')}
    ]
  }
${staff.map(staffAccount).join('')}}
`
}

/** A pull is answered by many messages. */
function exported(subject: string, user: string): string {
  const many = subject.includes('MSG.NEXT') ? ', response_type: stream' : ''
  return `      { service: "${subject}"${many}, accounts: ["${user}"] }`
}

/** An account each: where a staff system lets its messages be sent, only itself can hear. */
function staffAccount(user: string): string {
  const imports = staffImportsOf(user).map(
    ({ subject, to }) =>
      `      { service: { account: GUICHET, subject: "${subject}" }${to ? `, to: "${to}"` : ''} }`,
  )
  return `
  # A staff system: what it may read, NATS_STAFF says to the hub.
  "${user}" {
    imports: [
${imports.join('\n')}
    ]
    users: [
${userBlock(user, staffPermissionsOf(user))}
    ]
  }
`
}

function userBlock(user: string, { publish, subscribe }: Permissions): string {
  const list = (subjects: readonly string[]) =>
    subjects.map((subject) => `            "${subject}"`).join('\n')
  const password = `NATS_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}`
  return `      {
        user: "${user}", password: $${password}
        permissions: {
          publish: { allow: [
${list(publish)}
          ] }
          subscribe: { allow: [
${list(subscribe)}
          ] }
        }
      }`
}

if (import.meta.main) {
  const { positionals } = parseArgs({ allowPositionals: true })
  const staff = readConfig().natsStaff.map(({ user }) => user)
  process.stdout.write(usersConf(await allParts(), await loadServices(), staff, positionals))
}
