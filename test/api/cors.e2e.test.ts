import { hubUrl } from '../support/api.ts'

const preflight = (origin: string) =>
  fetch(`${hubUrl}/v1/dossiers`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,idempotency-key',
    },
  })

test('a front end in development on this machine may call the API, and read what its answers carry', async () => {
  const origin = 'http://localhost:5173'
  const asked = await preflight(origin)
  expect(asked.status).toBe(204)
  expect(asked.headers.get('access-control-allow-origin')).toBe(origin)
  expect(asked.headers.get('access-control-allow-headers')).toContain('idempotency-key')
  const read = await fetch(`${hubUrl}/v1/demarches`, { headers: { origin } })
  expect(read.headers.get('access-control-allow-origin')).toBe(origin)
  expect(read.headers.get('access-control-expose-headers')).toContain('x-trace-id')
  expect(read.headers.get('access-control-allow-credentials')).toBeNull()
})

test('a page of an unknown origin may not', async () => {
  for (const origin of [
    'https://example.org',
    'null',
    'http://localhost.example.org',
    'http://evil.localhost:1',
  ]) {
    const asked = await preflight(origin)
    expect(asked.status).toBe(405)
    expect(asked.headers.get('access-control-allow-origin')).toBeNull()
    const read = await fetch(`${hubUrl}/v1/demarches`, { headers: { origin } })
    expect(read.headers.get('access-control-allow-origin')).toBeNull()
    expect(read.headers.get('vary')).toContain('Origin')
  }
})
