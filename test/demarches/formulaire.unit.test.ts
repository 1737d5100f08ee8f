import type { Demarche } from '../../contracts/demarches.ts'
import { demarchesProposees } from '../../services/demarches/catalogue.ts'
import { limites, verifierFormulaire } from '../../services/demarches/formulaire.ts'
import { formulairesValides } from './exemples.ts'

type Formulaire = Record<string, unknown>
const complet = { partiel: false }
const brouillon = { partiel: true }

describe('fields that real life makes conditional', () => {
  test.each<[string, Formulaire, string[]]>([
    ['acte-de-naissance', { qualite: undefined, parents: undefined }, ['qualite', 'parents']],
    ['acte-de-naissance', { qualite: 'autre' }, ['qualite']],
    ['acte-de-naissance', { typeActe: 'extrait-sans-filiation', qualite: 'autre' }, []],
    ['acte-de-naissance', { typeActe: 'extrait-sans-filiation', qualite: undefined, parents: undefined }, []],
    ['listes-electorales', { typeDemande: 'changement-commune' }, ['ancienneCommune']],
    ['listes-electorales', { nationalite: 'union-europeenne' }, ['paysNationalite', 'listesComplementaires']],
    ['inscription-scolaire', { ecoleActuelle: undefined }, ['ecoleActuelle']],
    ['inscription-scolaire', { dejaScolarise: false, ecoleActuelle: undefined }, []],
    ['inscription-scolaire', { derogation: true }, ['ecoleDemandee', 'motifDerogation']],
    [
      'inscription-scolaire',
      { derogation: true, ecoleDemandee: 'École Fernand-Léger', motifDerogation: 'autre' },
      ['precisionDerogation'],
    ],
    ['stationnement-residentiel', { typeDemande: 'renouvellement' }, ['numeroAbonnement']],
    [
      'stationnement-residentiel',
      { vehicule: { immatriculation: 'AB-123-CD', genre: 'voiture', detention: 'pret' } },
      ['vehicule/titulaire'],
    ],
    ['occupation-domaine-public', { typeDemandeur: 'entreprise' }, ['denomination', 'siret']],
    ['occupation-domaine-public', { typeDemandeur: 'association' }, ['denomination']],
    ['occupation-domaine-public', { nature: 'terrasse' }, ['surface']],
    ['occupation-domaine-public', { nature: 'evenement' }, ['personnesAttendues']],
    ['accompagnement-numerique', { contact: 'courrier' }, ['adresse']],
    ['accompagnement-numerique', { lieu: 'domicile' }, ['adresse', 'raisonDomicile']],
    ['accompagnement-numerique', { besoins: ['autre'] }, ['precision']],
    ['accompagnement-numerique', { pourUnTiers: true }, ['proche']],
  ])('%s with %j asks for %j', (id, changements, attendus) => {
    const formulaire = JSON.parse(JSON.stringify({ ...formulairesValides[id], ...changements })) as Formulaire
    const pointeurs = verifierFormulaire(trouver(id), formulaire, complet).map(({ pointeur }) => pointeur)
    expect(pointeurs).toEqual(attendus.map((champ) => `/formulaire/${champ}`))
  })
})

describe('what a person reads', () => {
  test.each<[string, Formulaire, string, string]>([
    [
      'stationnement-residentiel',
      { courriel: 'alex' },
      'courriel',
      'Indiquez une adresse électronique valide, par exemple nom@exemple.fr.',
    ],
    [
      'stationnement-residentiel',
      { dateDebut: '2027-02-29' },
      'dateDebut',
      'Indiquez une date qui existe, sous la forme AAAA-MM-JJ.',
    ],
    ['stationnement-residentiel', { dureeMois: 2 }, 'dureeMois', 'Choisissez une des réponses proposées.'],
    ['stationnement-residentiel', { dureeMois: '12' }, 'dureeMois', 'Indiquez un nombre entier.'],
    [
      'stationnement-residentiel',
      { typeDemande: 'x' },
      'typeDemande',
      'Choisissez une des réponses proposées.',
    ],
    ['stationnement-residentiel', { engagement: false }, 'engagement', 'Cochez cette case pour continuer.'],
    [
      'stationnement-residentiel',
      { telephone: '12' },
      'telephone',
      'Ce champ n’a pas la forme attendue (par exemple 06 12 34 56 78).',
    ],
    ['stationnement-residentiel', { nom: '' }, 'nom', 'Ce champ ne peut pas être vide.'],
    ['stationnement-residentiel', { nom: '   ' }, 'nom', 'Ce champ n’a pas la forme attendue.'],
    ['stationnement-residentiel', { nom: 'a'.repeat(101) }, 'nom', 'Écrivez au plus 100 caractères.'],
    [
      'occupation-domaine-public',
      { description: 'camion' },
      'description',
      'Écrivez au moins 10 caractères.',
    ],
    ['occupation-domaine-public', { surface: 0 }, 'surface', 'Indiquez un nombre supérieur à 0.'],
    [
      'occupation-domaine-public',
      { surface: 9999 },
      'surface',
      'Indiquez un nombre inférieur ou égal à 5000.',
    ],
    [
      'acte-de-naissance',
      { nombreExemplaires: 0 },
      'nombreExemplaires',
      'Indiquez un nombre supérieur ou égal à 1.',
    ],
    ['accompagnement-numerique', { besoins: [] }, 'besoins', 'Choisissez au moins une réponse.'],
    [
      'accompagnement-numerique',
      { besoins: ['sante', 'sante'] },
      'besoins',
      'Ne donnez pas deux fois la même réponse.',
    ],
    ['accompagnement-numerique', { pourUnTiers: 'non' }, 'pourUnTiers', 'Répondez par oui ou par non.'],
    ['inscription-scolaire', { responsables: 'moi' }, 'responsables', 'Indiquez une liste.'],
    ['inscription-scolaire', { enfant: 'Léo' }, 'enfant', 'Répondez aux questions de cette partie.'],
  ])('%s with %j: %s, « %s »', (id, changements, champ, message) => {
    const formulaire = { ...formulairesValides[id], ...changements }
    for (const options of [complet, brouillon]) {
      expect(verifierFormulaire(trouver(id), formulaire, options)).toEqual([
        { pointeur: `/formulaire/${champ}`, message },
      ])
    }
  })

  test('a field inside a list is named by its rank', () => {
    const responsables = [{ nom: 'Nguyen', prenom: 'Linh', lien: 'parent', telephone: 'x' }]
    const formulaire = { ...formulairesValides['inscription-scolaire'], responsables }
    expect(verifierFormulaire(trouver('inscription-scolaire'), formulaire, complet)).toMatchObject([
      { pointeur: '/formulaire/responsables/0/telephone' },
    ])
  })
})

describe('bounds', () => {
  const libre: Pick<Demarche, 'formulaire'> = { formulaire: { type: 'object' } }
  const ferme: Pick<Demarche, 'formulaire'> = { formulaire: { type: 'object', additionalProperties: false } }

  test('more than 100 kB of JSON, in bytes, is refused', () => {
    const remplir = (lettre: string) =>
      Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`champ${n}`, lettre.repeat(limites.texte)]))
    expect(verifierFormulaire(libre, remplir('a'), complet)).toEqual([])
    expect(verifierFormulaire(libre, remplir('é'), complet)).toEqual([
      { pointeur: '/formulaire', message: 'Ce formulaire est trop long (100 ko au plus).' },
    ])
  })

  test('a text beyond 10 000 characters is refused, however deep it is', () => {
    const texte = 'a'.repeat(limites.texte + 1)
    expect(verifierFormulaire(libre, { a: [{ b: texte }] }, complet)).toMatchObject([
      { pointeur: '/formulaire', message: 'Un texte de ce formulaire dépasse 10000 caractères.' },
    ])
  })

  test('eight levels are accepted, nine are not, a hundred thousand are not even walked', () => {
    const profond = (niveaux: number) => {
      let valeur: unknown = 1
      for (let n = 0; n < niveaux; n++) valeur = { a: valeur }
      return valeur as Formulaire
    }
    expect(verifierFormulaire(libre, profond(8), complet)).toEqual([])
    for (const niveaux of [9, 100_000]) {
      expect(verifierFormulaire(libre, profond(niveaux), complet)).toMatchObject([
        { pointeur: '/formulaire', message: 'Ce formulaire est trop profond.' },
      ])
    }
  })

  test('a thousand wrong fields give fifty errors; ten thousand are not even looked at', () => {
    const remplir = (nombre: number) =>
      Object.fromEntries(Array.from({ length: nombre }, (_, n) => [`f${n}`, 0]))
    expect(verifierFormulaire(ferme, remplir(1000), complet)).toHaveLength(limites.erreurs)
    expect(verifierFormulaire(ferme, remplir(10_000), complet)).toEqual([
      { pointeur: '/formulaire', message: 'Ce formulaire contient plus de 2000 réponses.' },
    ])
  })
})

function trouver(id: string): Demarche {
  const demarche = demarchesProposees().find((une) => une.id === id)
  if (!demarche) throw new Error(`no demarche ${id}`)
  return demarche
}
