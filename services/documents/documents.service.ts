import { defineService } from '../../infra/service.ts'
export default defineService({ name: 'documents', actions: [] })
