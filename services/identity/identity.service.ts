import { LireMoi, LireSuivi, ModifierMoi, ResoudreCompte } from '../../contracts/identity.ts'
import { answers, defineService, obeys } from '../../infra/service.ts'
import { lireSuivi } from './lire-suivi.ts'
import { lireMoi, modifierMoi } from './moi.ts'
import { resoudreCompte } from './resoudre-compte.ts'

export default defineService({
  name: 'identity',
  actions: [
    answers(ResoudreCompte, resoudreCompte),
    answers(LireMoi, lireMoi),
    obeys(ModifierMoi, modifierMoi, (_, call) => lireMoi({}, call)),
    answers(LireSuivi, lireSuivi),
  ],
})
