import type { z } from 'zod'
import { Refusal } from '../../contracts/errors.ts'
import {
  type DecouvrirOpen311,
  juridiction,
  type LireServiceOpen311,
  type ListerServicesOpen311,
} from '../../contracts/open311.ts'
import type { QuestionCategorie } from '../../contracts/signalement.ts'
import type { Call } from '../../infra/service.ts'
import { categorie, jeu } from './catalogue.ts'

/** When this way in was last changed. */
const changeset = '2026-11-28T00:00:00+01:00'

export async function decouvrir(
  _: object,
  { config }: Call,
): Promise<z.output<typeof DecouvrirOpen311.returns>> {
  return {
    changeset,
    contact: 'Ville de Malakoff, 01 47 46 75 00',
    key_service: 'Demandez une clé à la direction des systèmes d’information de la ville: 01 47 46 75 00.',
    endpoints: [
      {
        specification: 'http://wiki.open311.org/GeoReport_v2',
        url: `${config.publicUrl}/open311/v2`,
        changeset,
        type: 'production',
        formats: ['text/xml', 'application/json'],
      },
    ],
  }
}

/** @throws Refusal `introuvable` for another city than this one */
export function refuserJuridiction({ jurisdiction_id: id }: { jurisdiction_id?: string | undefined }): void {
  if (id !== undefined && id !== juridiction)
    throw new Refusal('introuvable', `jurisdiction_id: il n’y a ici que ${juridiction}.`)
}

export async function listerServices(
  params: z.output<typeof ListerServicesOpen311.params>,
): Promise<z.output<typeof ListerServicesOpen311.returns>> {
  refuserJuridiction(params)
  return jeu.categories.map(({ code, libelle, description, questions, motsCles, groupe }) => ({
    service_code: code,
    service_name: libelle,
    description,
    metadata: questions.length > 0,
    type: 'realtime',
    keywords: motsCles.join(','),
    group: groupe,
  }))
}

const types = {
  texte: 'text',
  nombre: 'number',
  date: 'datetime',
  choix: 'singlevaluelist',
  choix_multiple: 'multivaluelist',
} as const satisfies Record<QuestionCategorie['type'], string>

export async function lireService(
  params: z.output<typeof LireServiceOpen311.params>,
): Promise<z.output<typeof LireServiceOpen311.returns>> {
  refuserJuridiction(params)
  const trouvee = categorie(params.id)
  if (!trouvee) throw new Refusal('introuvable', 'service_code: cette catégorie n’existe pas.')
  return {
    service_code: trouvee.code,
    attributes: trouvee.questions.map(({ code, libelle, type, obligatoire, aide, choix }, n) => ({
      variable: true,
      code,
      datatype: types[type],
      required: obligatoire,
      datatype_description: aide ?? '',
      order: n + 1,
      description: libelle,
      ...(choix && { values: choix.map((un) => ({ key: un.code, name: un.libelle })) }),
    })),
  }
}
