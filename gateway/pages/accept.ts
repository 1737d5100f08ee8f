interface Range {
  readonly pattern: string
  readonly quality: number
}

/**
 * Which of the offered media types an `Accept` header prefers (RFC 9110, 12.5.1): by quality, then one that is
 * named before one that a wildcard covers, then the first offered; also the first when none is acceptable.
 */
export function preferred<T extends string>(accept: string | undefined, offers: readonly [T, ...T[]]): T {
  const ranges = parse(accept ?? '*/*')
  return offers.reduce((best, offer) =>
    isBetter(rangeOf(offer, ranges), rangeOf(best, ranges)) ? offer : best,
  )
}

function parse(accept: string): Range[] {
  return accept.split(',').map((part) => {
    const [pattern = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase())
    const q = parameters.find((parameter) => parameter.startsWith('q='))
    return { pattern, quality: q === undefined ? 1 : Number(q.slice(2)) || 0 }
  })
}

/** The most specific range that covers the offer says how much it is wanted. */
function rangeOf(offer: string, ranges: readonly Range[]): Range {
  const patterns = [offer, `${offer.split('/')[0]}/*`, '*/*']
  const found = patterns.flatMap((wanted) => ranges.find(({ pattern }) => pattern === wanted) ?? [])
  return found[0] ?? { pattern: '*/*', quality: 0 }
}

function isBetter(one: Range, other: Range): boolean {
  if (one.quality !== other.quality) return one.quality > other.quality
  return other.pattern.endsWith('*') && !one.pattern.endsWith('*')
}
