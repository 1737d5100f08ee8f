import { preferred } from '../../gateway/pages/accept.ts'

const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'

describe('the preferred media type', () => {
  const offers = ['text/html', 'application/json'] as const
  test.each([
    [undefined, 'text/html'],
    ['*/*', 'text/html'],
    [browser, 'text/html'],
    ['application/json', 'application/json'],
    ['application/json, text/plain, */*', 'application/json'],
    ['text/html;q=0.5, application/json', 'application/json'],
    ['Application/JSON ; q=0.9, text/*;q=0.8', 'application/json'],
    ['text/html;q=0, */*;q=0.1', 'application/json'],
    ['image/png', 'text/html'],
  ])('of %s is %s', (accept, wanted) => {
    expect(preferred(accept, [...offers])).toBe(wanted)
  })
})
