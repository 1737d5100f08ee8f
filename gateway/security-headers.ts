/**
 * What every answer says to browsers: pages and files have headers of their own beside or instead of these. An
 * answer is not stored, not guessed, not framed, not embedded by others and runs nothing (OWASP REST Security
 * Cheat Sheet). HSTS stands only behind TLS: on plain HTTP browsers ignore it (RFC 6797, section 7.2).
 */
export function securityHeaders(publicUrl: string): Readonly<Record<string, string>> {
  return {
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    ...(new URL(publicUrl).protocol === 'https:' && {
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
    }),
  }
}
