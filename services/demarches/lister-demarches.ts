import type { z } from 'zod'
import type { Demarche, ListerDemarches } from '../../contracts/demarches.ts'
import { Refusal } from '../../contracts/errors.ts'
import { demarche, demarchesProposees } from './catalogue.ts'

export async function listerDemarches(): Promise<z.output<typeof ListerDemarches.returns>> {
  return {
    elements: demarchesProposees().map(({ id, version, titre, description, secteur }) => ({
      id,
      version,
      titre,
      description,
      secteur,
    })),
  }
}

export async function lireDemarche({ id }: { id: string }): Promise<Demarche> {
  const trouvee = demarche(id)
  if (!trouvee) throw new Refusal('introuvable')
  return trouvee
}
