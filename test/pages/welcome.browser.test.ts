import { Visit, type View, views } from '../support/visit.ts'

/** Each page as each person sees it: nothing wrong for axe, for the browser, for a narrow screen, for the keyboard. */
describe.each(Object.keys(views) as View[])('seen on %s', (view) => {
  test.each([
    ['the first page', '/'],
    ['an unknown address', '/nulle-part'],
  ])('%s has no fault', async (_, path) => {
    const visit = await Visit.open(path, view)
    expect(await visit.axe()).toEqual([])
    expect(await visit.faults()).toEqual([])
    expect(await visit.walk()).toEqual([])
    expect(visit.complaints).toEqual([])
    await visit.close()
  })
})
