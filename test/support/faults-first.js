import { createRequire } from 'node:module'

const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer')
const isFault = ({ path }) => path.includes('.fault.')

/** The faults take longest: begun last, they would keep one core busy while the other has nothing left to do. */
export default class FaultsFirst extends Sequencer {
  sort(tests) {
    return super.sort([...tests]).toSorted((a, b) => Number(isFault(b)) - Number(isFault(a)))
  }
}
