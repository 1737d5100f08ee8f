import { createHash, timingSafeEqual } from 'node:crypto'

/** A demonstration account; every person is invented. */
export interface DemoAccount {
  /** The token's `sub`: stable, so that a hub started again knows its people. */
  readonly sub: string
  readonly identifiant: string
  readonly prenom: string
  readonly nom: string
  readonly courriel: string
  readonly roles: readonly string[]
}

/** The one password of every demonstration account; public, hence never in production. */
export const demoPassword = 'malakoff-demo'

export const demoAccounts: readonly DemoAccount[] = [
  account('0c5ac7b1-6a1e-4d0e-9d55-3f0f3a1c0001', 'amina', 'Amina', 'Ferrand', ['usager']),
  account('0c5ac7b1-6a1e-4d0e-9d55-3f0f3a1c0002', 'bastien', 'Bastien', 'Lormel', ['usager']),
  account('0c5ac7b1-6a1e-4d0e-9d55-3f0f3a1c0003', 'claire', 'Claire', 'Montreau', agent('etat-civil')),
  account('0c5ac7b1-6a1e-4d0e-9d55-3f0f3a1c0004', 'david', 'David', 'Quesnoy', agent('education')),
  account('0c5ac7b1-6a1e-4d0e-9d55-3f0f3a1c0005', 'fatou', 'Fatou', 'Sembley', agent('espace-public')),
  account('0c5ac7b1-6a1e-4d0e-9d55-3f0f3a1c0006', 'hugo', 'Hugo', 'Vaubert', agent('solidarites')),
  account('0c5ac7b1-6a1e-4d0e-9d55-3f0f3a1c0007', 'ines', 'Inès', 'Carlier', ['usager', 'aidant']),
  account('0c5ac7b1-6a1e-4d0e-9d55-3f0f3a1c0009', 'jeanne', 'Jeanne', 'Rivoire', agent('vie-municipale')),
  account('0c5ac7b1-6a1e-4d0e-9d55-3f0f3a1c0008', 'admin', 'Alix', 'Durieux', ['administrateur']),
]

export function findBySub(sub: string): DemoAccount | undefined {
  return demoAccounts.find((candidate) => candidate.sub === sub)
}

/** The account of this identifier: user name or e-mail, in lower case. */
export function findByName(identifiant: string): DemoAccount | undefined {
  return demoAccounts.find((one) => one.identifiant === identifiant || one.courriel === identifiant)
}

/** Is this the password? Takes the same time whatever it is; ask it also for an account that is not there. */
export function isDemoPassword(password: string): boolean {
  return timingSafeEqual(digest(password), digest(demoPassword))
}

/** What a token says of this person, as Keycloak's default `profile` and `email` scopes do. */
export function personalClaims(account: DemoAccount) {
  return {
    preferred_username: account.identifiant,
    name: `${account.prenom} ${account.nom}`,
    given_name: account.prenom,
    family_name: account.nom,
    email: account.courriel,
    email_verified: true,
  }
}

function account(
  sub: string,
  identifiant: string,
  prenom: string,
  nom: string,
  roles: readonly string[],
): DemoAccount {
  return { sub, identifiant, prenom, nom, courriel: `${identifiant}@example.org`, roles }
}

function agent(secteur: string): readonly string[] {
  return ['usager', 'agent', `agent:${secteur}`]
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
