import { addressKey, createProxies } from '../../gateway/address.ts'

const request = (remoteAddress: string, forwarded?: string) => ({
  headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  socket: { remoteAddress },
})

describe('without trusted proxies', () => {
  const { clientOf, trusts } = createProxies([])

  test('a client is who connects, whatever it claims', () => {
    expect(clientOf(request('192.0.2.7', '198.51.100.1'))).toBe('192.0.2.7')
    expect(clientOf(request('::ffff:192.0.2.7', '198.51.100.1'))).toBe('192.0.2.7')
    expect(trusts('127.0.0.1')).toBe(false)
  })
})

describe('behind 10.0.0.0/8 and 2001:db8:ffff::1', () => {
  const { clientOf } = createProxies(['10.0.0.0/8', '2001:db8:ffff::1'])

  test.each([
    ['one proxy', '10.1.2.3', '192.0.2.7', '192.0.2.7'],
    ['one proxy on IPv6', '2001:db8:ffff::1', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6'],
    ['one proxy, seen as IPv4 in IPv6', '::ffff:10.1.2.3', '192.0.2.7', '192.0.2.7'],
    ['two proxies', '10.1.2.3', '192.0.2.7, 10.9.9.9', '192.0.2.7'],
    [
      'what the client wrote itself, left of the truth',
      '10.1.2.3',
      '1.1.1.1, 10.0.0.5, 192.0.2.7',
      '192.0.2.7',
    ],
    ['a client that claims to be a proxy', '192.0.2.7', '1.1.1.1, 10.0.0.5', '192.0.2.7'],
    ['a port', '10.1.2.3', '192.0.2.7:4711', '192.0.2.7'],
    ['a port on IPv6', '10.1.2.3', '[2001:db8::7]:4711', '2001:db8::7'],
    ['nonsense where an address should be', '10.1.2.3', '192.0.2.7, unknown', '10.1.2.3'],
    ['no header', '10.1.2.3', undefined, '10.1.2.3'],
    ['proxies only', '10.1.2.3', '10.0.0.2, 10.0.0.3', '10.0.0.2'],
  ])('%s', (_what, remote, forwarded, expected) => {
    expect(clientOf(request(remote, forwarded))).toBe(expected)
  })
})

test('an IPv4 client is its address, an IPv6 client the /64 that its household was given', () => {
  expect(addressKey('192.0.2.7')).toBe('192.0.2.7')
  expect(addressKey('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64')
  expect(addressKey('2001:0db8:0001:0002::9')).toBe('2001:db8:1:2::/64')
  expect(addressKey('2001:db8::1')).toBe('2001:db8:0:0::/64')
  expect(addressKey('::1')).toBe('0:0:0:0::/64')
  expect(addressKey('fe80::1%eth0')).toBe('fe80:0:0:0::/64')
  expect(addressKey('2001:db8:1:3::1')).not.toBe(addressKey('2001:db8:1:2::1'))
})
