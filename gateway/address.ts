import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv4 } from 'node:net'

type FromClient = Pick<IncomingMessage, 'headers'> & { readonly socket: { readonly remoteAddress?: string } }

/** Who sent a request, seen past the proxies that this hub stands behind. */
export interface Proxies {
  /** Is this one of them? */
  trusts(address: string): boolean
  /**
   * The address of the client. `X-Forwarded-For` is read from its right end, and only as far as each address that
   * wrote it is a configured proxy: what anybody else claims is not looked at.
   */
  clientOf(request: FromClient): string
}

/** @param ranges addresses and CIDRs, as `infra/config.ts` has checked them */
export function createProxies(ranges: readonly string[]): Proxies {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  const trusts = (written: string) => {
    if (ranges.length === 0) return false
    const address = plain(written)
    return isIP(address) > 0 && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
  }

  return {
    trusts,
    clientOf({ headers, socket }) {
      let client = plain(socket.remoteAddress ?? '')
      if (!trusts(client)) return client
      const forwarded = String(headers['x-forwarded-for'] ?? '').split(',')
      while (trusts(client)) {
        const before = plain(forwarded.pop() ?? '')
        if (isIP(before) === 0) break
        client = before
      }
      return client
    },
  }
}

/**
 * What one client is counted under: an IPv4 address, or the /64 that a provider gives to one IPv6 household
 * (RFC 6177, RFC 4291 section 2.5.4); an address of it costs nothing.
 */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('%')[0]!.split('::')
  const start = head === '' ? [] : head.split(':')
  const end = tail ? tail.split(':') : []
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - start.length - end.length }, () => '0')
  return `${[...start, ...zeros, ...end]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

/** Without the port that some proxies add, and IPv4 written as IPv4. */
function plain(written: string): string {
  const address = written
    .trim()
    .toLowerCase()
    .replace(/^\[(.*)\](?::\d+)?$/, '$1')
    .replace(/^([\d.]+):\d+$/, '$1')
  return address.replace(/^::ffff:(?=[\d.]+$)/, '')
}
