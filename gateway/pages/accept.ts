/**
 * Which of the offered media types an `Accept` header asks for (RFC 9110, 12.5.1); between equals the first
 * offered. Without a header, or when none of them is acceptable, that is the first one.
 */
export function preferred<T extends string>(accept: string | undefined, offers: readonly [T, ...T[]]): T {
  const ranges = parse(accept ?? '*/*')
  const quality = (offer: string) => mostSpecific(ranges, offer)?.quality ?? 0
  return offers.reduce((best, offer) => (quality(offer) > quality(best) ? offer : best))
}

interface Range {
  readonly pattern: string
  readonly quality: number
}

function parse(accept: string): Range[] {
  return accept.split(',').map((part) => {
    const [pattern = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase())
    const q = parameters.find((parameter) => parameter.startsWith('q='))
    return { pattern, quality: q === undefined ? 1 : Number(q.slice(2)) || 0 }
  })
}

function mostSpecific(ranges: readonly Range[], offer: string): Range | undefined {
  const patterns = [offer, `${offer.split('/')[0]}/*`, '*/*']
  return patterns.map((wanted) => ranges.find(({ pattern }) => pattern === wanted)).find((range) => range !== undefined)
}
