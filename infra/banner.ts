import type { Config } from './config.ts'
import { demoAccounts, demoPassword } from './issuer/accounts.ts'

/** What a person reads after `npm start`: where things are, who can sign in, what is real, what to try. */
export function banner(
  config: Config,
  url: string,
  databaseHome: string | undefined,
  milliseconds: number,
): string {
  const part = (name: string, real: string | undefined, embedded: string) =>
    line(name, real ? `real (${new URL(real).host})` : `embedded: ${embedded}`)
  return [
    '',
    `  Guichet is ready in ${(milliseconds / 1000).toFixed(1)} s.`,
    '',
    line('Home', url),
    line('API', `${url}/docs  (OpenAPI: ${url}/v1/openapi.json)`),
    line('Health', `${url}/health/ready`),
    '',
    part('PostgreSQL', config.databaseUrl, `its own server, data in ${databaseHome}`),
    part('Identity', config.keycloakUrl, 'a demo issuer, not for production'),
    part('Event bus', config.natsUrl?.split(',')[0], 'the event log in PostgreSQL'),
    part('Limits', config.redisUrl, 'counted in this process'),
    '',
    ...(config.keycloakUrl
      ? []
      : [
          `  Demo accounts, password « ${demoPassword} »:`,
          ...demoAccounts.map((account) => line(`  ${account.identifiant}`, account.roles.join(', '))),
          '',
        ]),
    config.keycloakUrl
      ? '  Next: open /docs, sign in and try a call.'
      : `  Next: open /docs, sign in as amina and try a call; or, in another terminal, ${config.port === 3000 ? '' : `PORT=${config.port} `}npm run demo.`,
    '  Ctrl-C stops everything.',
    '',
    '',
  ].join('\n')
}

function line(label: string, text: string): string {
  return `  ${label.padEnd(12)} ${text}`
}
