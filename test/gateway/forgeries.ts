import { constants, createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { encode, makeToken, type SigningKey } from './token-source.ts'

export interface Forger {
  /** The key that the issuer publishes. */
  readonly key: SigningKey
  readonly issuer: string
  /** An address that the forger can read the visits of. */
  readonly attacker: string
  /** A key of the forger's own. */
  readonly other: SigningKey
  /** The issuer's clock, epoch seconds. */
  readonly seconds: () => number
  /** The claims of a token that would be accepted, with these changes. */
  readonly claims: (changes?: object) => Record<string, unknown>
}

/** `Authorization` headers that must open nothing, by what is wrong with them. */
export function forgeriesOf(forger: Forger): Readonly<Record<string, () => string>> {
  const { key, other, issuer, attacker, seconds, claims } = forger
  const bearer = (changes: object = {}, header: object = {}) =>
    `Bearer ${makeToken(key, claims(changes), header)}`
  const without = (name: string) => bearer({ [name]: undefined })
  const [head, body, signature] = [0, 1, 2]
  const parts = () => makeToken(key, claims()).split('.')
  const withPart = (index: number, part: string) => `Bearer ${parts().with(index, part).join('.')}`

  /** The header says one algorithm, and the signature is made by `signer` over exactly that content. */
  function signedBy(alg: string, signer: (content: string) => Buffer, header: object = {}): string {
    const content = `${encode({ alg, kid: key.kid, ...header })}.${encode(claims())}`
    return `Bearer ${content}.${signer(content).toString('base64url')}`
  }

  const publicPem = key.publicKey.export({ type: 'spki', format: 'pem' })

  return {
    'alg none without signature': () =>
      `Bearer ${encode({ alg: 'none', kid: key.kid })}.${encode(claims())}.`,
    'alg none with a signature': () => bearer({}, { alg: 'none' }),
    'the algorithm in lower case': () => bearer({}, { alg: 'rs256' }),
    'HS256 with the public key as secret': () =>
      signedBy('HS256', (content) => createHmac('sha256', publicPem).update(content).digest()),
    'HMAC signature under an RS256 header': () =>
      signedBy('RS256', (content) => createHmac('sha256', publicPem).update(content).digest()),
    'RS512, rightly signed': () =>
      signedBy('RS512', (content) => sign('RSA-SHA512', Buffer.from(content), key.privateKey)),
    'ES256 of an own key': () =>
      signedBy('ES256', (content) =>
        sign('SHA256', Buffer.from(content), generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
      ),
    'no alg': () => bearer({}, { alg: undefined }),
    'another issuer': () => bearer({ iss: 'https://keycloak.example.org/realms/malakoff' }),
    'another realm of the same server': () => bearer({ iss: issuer.replace('malakoff', 'master') }),
    'the issuer with a final slash': () => bearer({ iss: `${issuer}/` }),
    'no issuer': () => without('iss'),
    'another audience': () => bearer({ aud: 'account' }),
    'an audience list without us': () => bearer({ aud: ['account', 'guichet-test'] }),
    'no audience': () => without('aud'),
    'no exp': () => without('exp'),
    'exp as text': () => bearer({ exp: String(seconds() + 240) }),
    'exp null': () => bearer({ exp: null }),
    'exp in the past': () => bearer({ exp: seconds() - 1 }),
    'exp right now': () => bearer({ exp: seconds() }),
    'no iat': () => without('iat'),
    'iat in the future': () => bearer({ iat: seconds() + 60 }),
    'nbf in the future': () => bearer({ nbf: seconds() + 60 }),
    'nbf as text': () => bearer({ nbf: '0' }),
    'no azp': () => without('azp'),
    'azp empty': () => bearer({ azp: '' }),
    'azp as list': () => bearer({ azp: ['portail'] }),
    'no sub': () => without('sub'),
    'an endless sub': () => bearer({ sub: 'a'.repeat(256) }),
    'no kid': () => bearer({}, { kid: undefined }),
    'kid as number': () => bearer({}, { kid: 1 }),
    'kid named __proto__': () => bearer({}, { kid: '__proto__' }),
    'an endless kid': () => bearer({}, { kid: 'k'.repeat(201) }),
    'a kid nobody published': () => `Bearer ${makeToken(other, claims())}`,
    'the published kid, signed by another key': () =>
      `Bearer ${makeToken(other, claims(), { kid: key.kid })}`,
    'a key of its own in the header': () =>
      `Bearer ${makeToken(other, claims(), { kid: 'own', jwk: other.jwk })}`,
    'a key set of its own in the header': () =>
      `Bearer ${makeToken(other, claims(), { kid: key.kid, jku: `${attacker}/keys` })}`,
    'a certificate of its own in the header': () =>
      `Bearer ${makeToken(other, claims(), { kid: key.kid, x5u: `${attacker}/cert.pem`, x5c: [encode('cert')] })}`,
    'a key set of its own and an issuer of its own': () =>
      `Bearer ${makeToken(other, claims({ iss: `${attacker}/realms/malakoff` }), { jku: `${attacker}/keys` })}`,
    'a kid that is an address': () =>
      `Bearer ${makeToken(other, claims(), { kid: `${attacker}/keys`.slice(0, 200) })}`,
    'a kid that is a path': () =>
      `Bearer ${makeToken(other, claims(), { kid: '../../../../../../dev/null' })}`,
    'a kid that is SQL': () => `Bearer ${makeToken(other, claims(), { kid: "x' union select value --" })}`,
    'a kid with a NUL': () => `Bearer ${makeToken(other, claims(), { kid: `${key.kid}\0` })}`,
    'the kid in another case': () => `Bearer ${makeToken(other, claims(), { kid: key.kid.toUpperCase() })}`,
    'PS256, rightly signed': () =>
      signedBy('PS256', (content) =>
        sign('RSA-SHA256', Buffer.from(content), {
          key: key.privateKey,
          padding: constants.RSA_PKCS1_PSS_PADDING,
        }),
      ),
    'HS512 with the key set as secret': () =>
      signedBy('HS512', (content) =>
        createHmac('sha512', JSON.stringify({ keys: [key.jwk] }))
          .update(content)
          .digest(),
      ),
    'a payload that is not encoded': () =>
      bearer({}, { b64: false, crit: ['b64'] }).replace(/\.[^.]+\./, `.${JSON.stringify(claims())}.`),
    'an extension list that is empty': () => bearer({}, { crit: [] }),
    'an encrypted token': () =>
      `Bearer ${encode({ alg: 'RSA-OAEP', enc: 'A256GCM', kid: key.kid })}.${['key', 'iv', 'text', 'tag'].map(encode).join('.')}`,
    'the JSON serialization': () => {
      const [protectedHeader, payload, mac] = parts()
      return `Bearer ${JSON.stringify({ protected: protectedHeader, payload, signature: mac })}`
    },
    'a token in other letters': () => `Bearer ${parts().join('．')}`,
    'a signature that is not its last letter’s': () =>
      withPart(signature, `${parts()[2]?.slice(0, -2) ?? ''}-_`),
    'an audience that only begins like ours': () => bearer({ aud: ['guichet-autre', 'GUICHET', 'guichet '] }),
    'an audience as object': () => bearer({ aud: { guichet: true } }),
    'an extension that must be understood': () => bearer({}, { crit: ['b64'], b64: false }),
    'an ID token': () => bearer({ typ: 'ID', aud: 'guichet' }),
    'a refresh token': () => bearer({ typ: 'Refresh' }),
    'no typ': () => without('typ'),
    'a changed payload': () =>
      withPart(body, encode(claims({ realm_access: { roles: ['administrateur'] } }))),
    'a changed header': () => withPart(head, encode({ kid: key.kid, alg: 'RS256' })),
    'the signature of another token': () =>
      withPart(signature, bearer({ azp: 'mobile' }).split('.')[2] ?? ''),
    'a shortened signature': () => withPart(signature, parts()[2]?.slice(0, -4) ?? ''),
    'an empty signature': () => withPart(signature, ''),
    'two parts': () => `Bearer ${parts().slice(0, 2).join('.')}`,
    'five parts': () => `Bearer ${[...parts(), 'a', 'b'].join('.')}`,
    'a payload that is null': () => withPart(body, encode('null')),
    'a payload that is a list': () => withPart(body, encode('[]')),
    'a payload that is no JSON': () => withPart(body, encode('{"exp":')),
    'a payload that is no UTF-8': () => withPart(body, Buffer.from([0xff, 0xfe, 0x00]).toString('base64url')),
    'a header that is no JSON': () => withPart(head, encode('RS256')),
    'garbage instead of base64': () => 'Bearer ***.%%%.$$$',
    'base64 with padding and pluses': () => withPart(signature, `${parts()[2]}+/==`),
    'a huge token': () => bearer({ filler: 'x'.repeat(9000) }),
    'no token after the scheme': () => 'Bearer ',
    'an empty header': () => '',
    'a token without scheme': () => makeToken(key, claims()),
    'the Basic scheme': () => `Basic ${encode('portail:secret')}`,
    'another scheme with a good token': () => `DPoP ${makeToken(key, claims())}`,
    'two tokens': () => `${bearer()} ${makeToken(key, claims())}`,
    'two schemes in one header': () => `${bearer()}, Basic ${encode('portail:secret')}`,
    'a line break in the token': () => bearer().replace('.', '.\n'),
  }
}
