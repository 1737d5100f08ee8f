/** JSON that no front end sends and anybody may. */

const kilobytes100 = 100_000

/** JSON that stands for one value in a body, by what is odd about it; some of it only text can say. */
export const oddJson: Readonly<Record<string, string>> = {
  null: 'null',
  true: 'true',
  false: 'false',
  'the number 0': '0',
  'the number -0': '-0',
  'the number -1': '-1',
  'the number 0.1': '0.1',
  'the number 1e308': '1e308',
  'the number 1e999': '1e999',
  'the number -1e999': '-1e999',
  'the number 1e-400': '1e-400',
  'the number 2^31': '2147483648',
  'the number 2^53+1': '9007199254740993',
  'the number 2^64': '18446744073709551616',
  'a number of 1,000 digits': '9'.repeat(1000),
  'an empty array': '[]',
  'an array of null': '[null]',
  'an array of a text': '["a"]',
  'arrays in arrays': `${'['.repeat(100)}${']'.repeat(100)}`,
  'an empty object': '{}',
  'an object with length': '{"length":1,"0":"a"}',
  'an object with toString': '{"toString":"a","valueOf":1,"toJSON":null}',
  'an operator': '{"$gt":""}',
  'a promise': '{"then":1}',
  'an object of one key twice': '{"a":1,"a":[2]}',
}

/** The same, as large as a body may be. */
export const hugeJson: Readonly<Record<string, () => string>> = {
  'a text of 100 kB': () => JSON.stringify('x'.repeat(kilobytes100)),
  'blanks of 100 kB': () => JSON.stringify(' '.repeat(kilobytes100)),
  'a text of 100 kB of accents': () => JSON.stringify('é'.repeat(kilobytes100 / 2)),
  'combining marks of 100 kB': () => JSON.stringify('\u0301'.repeat(kilobytes100 / 2)),
  'escapes of 100 kB': () => `"${'\\u0061'.repeat(kilobytes100 / 6)}"`,
  'digits of 100 kB': () => JSON.stringify('1'.repeat(kilobytes100)),
  'an almost e-mail of 100 kB': () =>
    JSON.stringify(`${'a.'.repeat(kilobytes100 / 4)}@${'a-'.repeat(kilobytes100 / 4)}`),
  'a number of 100 kB': () => '9'.repeat(kilobytes100),
  '33,000 numbers': () => `[${Array.from({ length: 33_000 }, () => '0').join(',')}]`,
  '33,000 objects': () => `[${Array.from({ length: 33_000 }, () => '{}').join(',')}]`,
  '1,500 attachments': () =>
    `[${Array.from({ length: 1500 }, () => `{"piece":"a","documentId":"0b6f1d0a-5b0e-4a56-9f0a-3f7f2d0c9a11"}`).join(',')}]`,
  '10,000 keys': () => `{${Array.from({ length: 10_000 }, (_, n) => `"k${n.toString(36)}":1`).join(',')}}`,
  'one key 10,000 times': () => `{${Array.from({ length: 10_000 }, () => '"cle":1').join(',')}}`,
  'a key of 100 kB': () => `{"${'k'.repeat(kilobytes100)}":1}`,
  'arrays 50,000 deep': () => `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
  'objects 16,000 deep': () => `${'{"a":'.repeat(16_000)}1${'}'.repeat(16_000)}`,
}

/** Whole bodies around one that would be taken. */
export function oddBodies(sound: object): [what: string, body: () => string | Buffer][] {
  const text = JSON.stringify(sound)
  const inner = text.slice(1, -1)
  const and = inner === '' ? '' : `,${inner}`
  const texts: Record<string, string | Buffer> = {
    ...oddJson,
    nothing: '',
    'a byte order mark': `\ufeff${text}`,
    'bytes that are no UTF-8': Buffer.from([
      ...Buffer.from('{"a":"'),
      0xff,
      0xc0,
      0xaf,
      ...Buffer.from('"}'),
    ]),
    'half of it': text.slice(0, Math.ceil(text.length / 2)),
    'twice over': text + text,
    'an unknown field': `{"inconnu":1${and}}`,
    'the id': `{"id":"0b6f1d0a-5b0e-4a56-9f0a-3f7f2d0c9a11"${and}}`,
    'a version': `{"siVersion":1${and}}`,
    'every field twice': inner === '' ? '{"a":1,"a":1}' : `{${inner}${and}}`,
    'every field null': JSON.stringify(Object.fromEntries(Object.keys(sound).map((key) => [key, null]))),
    'a prototype': `{"__proto__":{"etat":"accepte"}${and}}`,
    'the prototype of a constructor': `{"constructor":{"prototype":{"a":1}}${and}}`,
    'names that JavaScript knows': `{"toString":1,"valueOf":1,"hasOwnProperty":1,"toJSON":1,"then":1${and}}`,
    'an empty name': `{"":1${and}}`,
    'a name of slashes': `{"/~~/~0/../":1${and}}`,
    'a NUL in a name': `{"a\\u0000":1${and}}`,
    'half a character in a name': `{"\\ud800":1${and}}`,
    'a field 40 deep': `{"a":${'{"a":'.repeat(40)}1${'}'.repeat(40)}${and}}`,
  }
  return [
    ...Object.entries(texts).map(([what, body]): [string, () => string | Buffer] => [what, () => body]),
    ...Object.entries(hugeJson),
    ['a field 50,000 deep', () => `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}${and}}`],
    ['more than may be', () => `{"a":"${'x'.repeat(140_000)}"${and}}`],
  ]
}
