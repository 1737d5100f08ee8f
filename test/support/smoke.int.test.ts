import { freshDatabase } from './database.ts'
test('a test database has the hub schema', async () => {
  const db = await freshDatabase()
  const rows = await db.role('hub')`select epoch from hub.relay`
  expect(rows[0]).toEqual({ epoch: 0 })
  await db.drop()
})
