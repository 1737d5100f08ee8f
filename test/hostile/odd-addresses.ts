/** Addresses and headers that no front end sends and anybody may. */

/** A text as it may stand in an address; half a character keeps its forbidden bytes. */
export function inAddress(text: string): string {
  return Array.from(text)
    .map((character) =>
      character.isWellFormed()
        ? encodeURIComponent(character)
        : `%ED%${character.charCodeAt(0) < 0xdc00 ? 'A0' : 'B0'}%80`,
    )
    .join('')
}

/** Stands in an address and is nobody's encoding of anything. */
export const oddEscapes: Readonly<Record<string, string>> = {
  'an overlong slash': '%c0%af',
  'an overlong NUL': '%c0%80',
  'a cut character': '%e2%82',
  'bytes of Latin-1': '%e9t%e9',
  'escaped twice': '%2527%252e%252e%252f',
  'dots and slashes': '%2e%2e%2f%2e%2e%2fmoi',
}

/** Ways to write one param of a query. */
export function querySpellings(param: string): Record<string, string> {
  return {
    twice: `${param}=1&${param}=2`,
    '500 times': `${param}=1&`.repeat(500),
    'as a list': `${param}[]=1`,
    'as an object': `${param}[a][b]=1`,
    'without value': param,
    'in capitals': `${param.toUpperCase()}=1`,
    'blanks around': `%20${param}%20=1`,
  }
}

/** Whole queries. */
export const oddQueries: Readonly<Record<string, string>> = {
  unknown: 'inconnu=1',
  'a prototype': '__proto__=1&__proto__[a]=1',
  'names that JavaScript knows': 'constructor=1&toString=2&hasOwnProperty=3',
  'the id again': 'id=1',
  'a version': 'siVersion=1',
  'a token': 'access_token=a.b.c',
  '2,000 fields': Array.from({ length: 2000 }, (_, n) => `a${n.toString(36)}=`).join('&'),
  '2,000 separators': '&'.repeat(2000),
  '2,000 signs': '='.repeat(2000),
  'percent signs': '%=%&%%%',
  'a NUL': 'a%00=%00',
  'half a character': '%ED%A0%80=%ED%A0%80',
  'question marks': '?????',
  pluses: `a=${'+'.repeat(2000)}`,
}

/** Values of headers, by their name. */
export const oddHeaders: Readonly<Record<string, readonly string[]>> = {
  'if-match': [
    '',
    '*',
    '""',
    '"0"',
    '"1',
    '3',
    '"1","2"',
    'W/"1"',
    '"-1"',
    '"1e3"',
    `"${'9'.repeat(200)}"`,
    '"٣"',
    'é',
    '"1" ',
  ],
  'idempotency-key': [
    '',
    'x'.repeat(128),
    'x'.repeat(129),
    'x'.repeat(8000),
    'a b',
    'é',
    '__proto__',
    "'; --",
    '{}',
    '\t',
  ],
  'content-type': [
    '',
    'application/json;charset=utf-16',
    'application/json; charset="',
    'application/json;;;;',
    'application/json, application/json',
    'application/jsonp',
    'application/problem+json',
    'application/merge-patch+json',
    'APPLICATION/JSON',
    'application/ json',
    'multipart/form-data',
    'multipart/form-data; boundary=',
    `multipart/form-data; boundary=${'x'.repeat(5000)}`,
    'multipart/mixed; boundary=x',
    'text/plain',
    '*/*',
    '/',
    'é/é',
    `a/${'b'.repeat(8000)}`,
    `application/json${' ;'.repeat(3000)}`,
  ],
  accept: [
    '',
    '*/*;q=0',
    'text/html',
    'image/*;q=',
    ','.repeat(5000),
    'a/b;q=1e999',
    'é',
    `text/html${';q=0'.repeat(2000)}`,
  ],
  traceparent: [
    '',
    '00-00000000000000000000000000000000-0000000000000000-00',
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra',
    "00-' or 1=1--",
    'x'.repeat(8000),
    'é',
  ],
  tracestate: ['a=b,'.repeat(2000), 'é', '='],
  baggage: ['a=b,'.repeat(2000), '%%%', '='],
  range: [
    '',
    'bytes=',
    'bytes=-',
    'bytes=--1',
    'bytes=9-1',
    'bytes=0-0,'.repeat(500),
    'bytes=99999999999999999999-',
    'bytes=-99999999999999999999',
    'bytes=-0',
    'octets=0-1',
    'bytes=0x1-',
    'bytes=1e3-',
    'é',
  ],
  'if-range': ['', '"x"', 'W/"x"', 'x'.repeat(8000), 'é', 'Tue, 99 Foo 0000 99:99:99 GMT'],
  'if-none-match': ['', '*', '"', 'x'.repeat(8000), '"a",'.repeat(2000), 'é'],
  'if-modified-since': ['hier', '0', 'Tue, 99 Foo 0000 99:99:99 GMT'],
  'last-event-id': ['', ' ', '-1', '0', '1.5', '1e3', '9'.repeat(15), '9'.repeat(40), 'é', "1' or 1=1"],
  origin: ['null', '', 'http://[', 'é', 'x'.repeat(8000), 'file://'],
  host: ['', 'x'.repeat(8000), 'a b', 'é', '127.0.0.1:99999', '[::1', '@'],
  'accept-encoding': ['', 'gzip;q=0,*;q=0', ','.repeat(4000)],
  'content-encoding': ['gzip', 'br', 'identity', 'é'],
  'x-http-method-override': ['DELETE'],
  'x-forwarded-for': ["' or 1=1--", '::1', ','.repeat(4000)],
  'x-forwarded-host': ['attacker.example.org'],
  forwarded: ['for="[::1', 'host=attacker.example.org'],
  cookie: ['a', '=', 'a=b;'.repeat(2000), '__proto__=1', 'é'],
}
