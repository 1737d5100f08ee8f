/** `ENOENT` and the like: what the system says of a failed call. */
export function codeSysteme(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}
