/**
 * Who may do what on NATS, written by hand: subject -> users, all others are denied. The kinds of process are parts of
 * the hub; `systeme-ged` is a staff system in an account of its own.
 */
export type Matrix = Readonly<Record<string, string>>

export const parts = ['hub', 'gateway', 'agenda', 'demarches', 'documents', 'identity', 'signalements']
export const staff = 'systeme-ged'
export const users = [...parts, staff]

const nobody = ''
const allParts = parts.join(' ')
/** Who asks whom. */
const callersOf: Matrix = {
  hub: 'gateway',
  gateway: nobody,
  agenda: 'gateway',
  demarches: 'gateway agenda',
  documents: 'gateway agenda demarches signalements',
  identity: 'gateway',
  signalements: 'gateway',
}
/** Who answers whom: the same, the other way round. */
const answerersOf: Matrix = {
  hub: nobody,
  gateway: 'hub agenda demarches documents identity signalements',
  agenda: 'demarches documents',
  demarches: 'documents',
  documents: nobody,
  identity: nobody,
  signalements: 'documents',
}
const reactions: Matrix = {
  'agenda_on-creneau-libere': 'agenda',
  'agenda_on-document-paru': 'agenda',
  'agenda_on-dossier-decide': 'agenda',
  'demarches_on-rendez-vous-constate': 'demarches',
  'documents_on-papier-depose': 'documents',
  'documents_on-dossier-depose': 'documents',
  'documents_on-dossier-decide': 'documents',
  'documents_on-signalement-photos': 'documents',
  'documents_on-signalement-publie': 'documents',
  'signalements_on-signalement-avance': 'signalements',
}

const each = (names: readonly string[], row: (name: string) => Matrix): Matrix =>
  Object.assign({}, ...names.map(row)) as Matrix

export const publish: Matrix = {
  'guichet.evt.dossier.cree.v1.x': 'hub',
  'guichet.prive.dossier.cree.v1.x': 'hub',
  'guichet-hint.committed': 'hub agenda demarches documents identity signalements',
  'guichet-hint.ranked': 'hub',
  'guichet-hint.autre': nobody,
  quelconque: nobody,

  // Processes to each other.
  'MOL-guichet.DISCONNECT': allParts,
  'MOL-guichet.DISCOVER': allParts,
  'MOL-guichet.HEARTBEAT': allParts,
  'MOL-guichet.INFO': allParts,
  'MOL-guichet.PING': nobody,
  'MOL-guichet.EVENT': nobody,
  'MOL-guichet.REQB.documents.verifierPieces': nobody,
  'MOL-guichet.EVENTB.documents.tout': nobody,
  'MOL.REQ.documents.h-1': nobody,
  ...each(parts, (kind) => ({
    [`MOL-guichet.DISCOVER.${kind}.h-1`]: allParts,
    [`MOL-guichet.INFO.${kind}.h-1`]: allParts,
    [`MOL-guichet.PING.${kind}.h-1`]: nobody,
    [`MOL-guichet.PONG.${kind}.h-1`]: nobody,
    [`MOL-guichet.EVENT.${kind}.h-1`]: nobody,
    [`MOL-guichet.REQ.${kind}.h-1`]: callersOf[kind]!,
    [`MOL-guichet.RES.${kind}.h-1`]: answerersOf[kind]!,
  })),
  ...each(users, (user) => ({ [`_INBOX.${user}.x`]: nobody })),

  // The stream.
  '$JS.API.STREAM.CREATE.GUICHET': 'hub',
  '$JS.API.STREAM.UPDATE.GUICHET': 'hub',
  '$JS.API.STREAM.MSG.GET.GUICHET': 'hub',
  '$JS.API.STREAM.INFO.GUICHET': 'hub agenda demarches documents signalements',
  '$JS.API.STREAM.DELETE.GUICHET': 'hub',
  ...each(['CREATE', 'UPDATE', 'DELETE', 'INFO', 'MSG.GET', 'PURGE'], (verb) => ({
    [`$JS.API.STREAM.${verb}.AUTRE`]: nobody,
  })),
  ...each(
    ['PURGE', 'MSG.DELETE', 'SNAPSHOT', 'RESTORE', 'LEADER.STEPDOWN', 'PEER.REMOVE'].map(
      (verb) => `STREAM.${verb}.GUICHET`,
    ),
    (verb) => ({ [`$JS.API.${verb}`]: nobody }),
  ),
  ...each(
    ['INFO', 'STREAM.NAMES', 'STREAM.LIST', 'DIRECT.GET.GUICHET', 'META.LEADER.STEPDOWN', 'SERVER.REMOVE'],
    (verb) => ({ [`$JS.API.${verb}`]: nobody, [`$JS.guichet.API.${verb}`]: nobody }),
  ),

  // Its consumers.
  '$JS.API.CONSUMER.LIST.GUICHET': 'hub',
  '$JS.API.CONSUMER.NAMES.GUICHET': nobody,
  '$JS.API.CONSUMER.CREATE.GUICHET': nobody,
  '$JS.API.CONSUMER.CREATE.GUICHET.x.guichet': nobody,
  ...each([...Object.keys(reactions), staff, 'x'], (durable) => ({
    [`$JS.API.CONSUMER.CREATE.GUICHET.${durable}`]: nobody,
    [`$JS.API.CONSUMER.DURABLE.CREATE.GUICHET.${durable}`]: 'hub',
    [`$JS.API.CONSUMER.DELETE.GUICHET.${durable}`]: 'hub',
    [`$JS.API.CONSUMER.INFO.GUICHET.${durable}`]: `hub ${reactions[durable] ?? ''}`,
    [`$JS.API.CONSUMER.MSG.NEXT.GUICHET.${durable}`]: reactions[durable] ?? nobody,
    [`$JS.API.CONSUMER.PAUSE.GUICHET.${durable}`]: nobody,
    [`$JS.API.CONSUMER.LEADER.STEPDOWN.GUICHET.${durable}`]: nobody,
    [`$JS.ACK.GUICHET.${durable}.1.1.1.1.0`]: durable === staff ? staff : (reactions[durable] ?? nobody),
    [`$JS.ACK._.hash.GUICHET.${durable}.1.1.1.1.0`]:
      durable === staff ? staff : (reactions[durable] ?? nobody),
    [`$JS.guichet.API.CONSUMER.CREATE.GUICHET.${durable}`]: nobody,
    [`$JS.guichet.API.CONSUMER.DELETE.GUICHET.${durable}`]: nobody,
    [`$JS.guichet.API.CONSUMER.INFO.GUICHET.${durable}`]: durable === staff ? staff : nobody,
    [`$JS.guichet.API.CONSUMER.MSG.NEXT.GUICHET.${durable}`]: durable === staff ? staff : nobody,
  })),
  '$JS.guichet.API.STREAM.INFO.GUICHET': nobody,
  '$JS.guichet.API.STREAM.MSG.GET.GUICHET': nobody,
  '$JS.guichet.API.CONSUMER.CREATE.GUICHET': nobody,

  // The servers.
  '$SYS.REQ.USER.INFO': users.join(' '),
  '$SYS.REQ.SERVER.PING.JSZ': 'hub',
  '$SYS.REQ.SERVER.PING': nobody,
  '$SYS.REQ.SERVER.PING.CONNZ': nobody,
  '$SYS.REQ.ACCOUNT.PING.CONNZ': nobody,
}

export const subscribe: Matrix = {
  ...each(
    ['>', '*', 'guichet.>', 'guichet.evt.>', 'guichet.evt.dossier.>', 'guichet.prive.>', 'guichet-hint.>'],
    (subject) => ({ [subject]: nobody }),
  ),
  'guichet-hint.committed': 'hub',
  'guichet-hint.ranked': allParts,
  'MOL-guichet.DISCONNECT': allParts,
  'MOL-guichet.DISCOVER': allParts,
  'MOL-guichet.HEARTBEAT': allParts,
  'MOL-guichet.INFO': allParts,
  'MOL-guichet.PING': allParts,
  'MOL-guichet.EVENT': nobody,
  'MOL-guichet.REQB.documents.verifierPieces': nobody,
  ...each(['DISCOVER', 'EVENT', 'INFO', 'PING', 'PONG', 'REQ', 'RES'], (packet) => ({
    ...each(parts, (kind) => ({
      [`MOL-guichet.${packet}.${kind}.h-1`]: kind,
      [`MOL-guichet.${packet}.${kind}.*`]: kind,
    })),
    [`MOL-guichet.${packet}.*.*`]: nobody,
    [`MOL-guichet.${packet}.>`]: nobody,
  })),
  ...each(users, (user) => ({ [`_INBOX.${user}.>`]: user })),
  ...each(
    [
      '_INBOX.>',
      '_R_.>',
      '$JS.>',
      '$JS.ACK.>',
      '$JS.API.>',
      '$JS.EVENT.>',
      '$SYS.>',
      'MOL-guichet.>',
      'MOL.>',
    ],
    (subject) => ({ [subject]: nobody }),
  ),
}
