import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { demoRealm, readRealm } from '../../keycloak/demo-realm.ts'
import { findJava, findProgram } from '../programs.ts'
import { configuration, isOk, link, type Server, systemPath } from '../server.ts'
import { type Site, writeWhole } from '../site.ts'

/** Where the hub is, for the front ends of the realm; the demonstration lets them be on any port of this machine. */
const hubUrl = 'http://localhost:3000'

/** Its administrator is `admin`, whose password is among the secrets. */
export function keycloakServer(site: Site): Server {
  const [port, management] = [site.port(8080), site.port(9000)]
  const url = `http://127.0.0.1:${port}`
  return {
    name: 'keycloak',
    url,
    ports: [port, management],
    script: true,
    signal: 'SIGTERM',
    async prepare() {
      const program = await findProgram('keycloak')
      const shared = join(program, '../..')
      const home = site.at('keycloak')
      await mkdir(join(home, 'conf'), { recursive: true })
      for (const name of ['lib', 'providers', 'themes']) await link(join(shared, name), join(home, name))
      await link(configuration('keycloak/keycloak.conf'), join(home, 'conf/keycloak.conf'))
      writeWhole(join(home, 'data/import/malakoff-realm.json'), JSON.stringify(demoRealm(readRealm())))
      return {
        command: [program, `-Dkc.home.dir=${home}`, 'start', '--optimized', '--import-realm'],
        configuration: [configuration('keycloak/keycloak.conf')],
        env: {
          PATH: systemPath,
          JAVA: await findJava(),
          GUICHET_URL: hubUrl,
          KC_HOSTNAME: url,
          KC_HTTP_HOST: '127.0.0.1',
          KC_HTTP_PORT: String(port),
          KC_HTTP_MANAGEMENT_HOST: '127.0.0.1',
          KC_HTTP_MANAGEMENT_PORT: String(management),
          KC_DB_URL: `jdbc:postgresql://127.0.0.1:${site.port(5432)}/keycloak`,
          KC_DB_USERNAME: 'keycloak',
          KC_DB_PASSWORD: site.secret('keycloak'),
          KC_BOOTSTRAP_ADMIN_USERNAME: 'admin',
          KC_BOOTSTRAP_ADMIN_PASSWORD: site.secret('keycloak-admin'),
        },
      }
    },
    answers: () => isOk(`${url}/realms/malakoff`),
  }
}
