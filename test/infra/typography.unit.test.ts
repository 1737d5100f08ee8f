import { typeset } from '../../infra/typography.ts'

const space = '\u{a0}'

test.each([
  ['Joignez cette pièce: Livret.', `Joignez cette pièce${space}: Livret.`],
  ['Le guichet peut-il servir?', `Le guichet peut-il servir${space}?`],
  ['Réessayez; si elle revient !', `Réessayez${space}; si elle revient${space}!`],
  [': le jeton', `${space}: le jeton`],
  ['Dites « oui ».', `Dites «${space}oui${space}».`],
  ['Dites «oui».', `Dites «${space}oui${space}».`],
])('%s gets its no-break spaces', (plain, set) => {
  expect(typeset(plain)).toBe(set)
  expect(typeset(set)).toBe(set)
})

test.each(['https://exemple.fr/a?b=c', '12:30', 'urn:guichet:erreur:introuvable', 'a;b'])(
  '%s is no sentence and stays',
  (text) => {
    expect(typeset(text)).toBe(text)
  },
)
