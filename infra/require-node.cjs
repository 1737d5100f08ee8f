// Runs before every npm script, also on a Node that cannot read the rest: plain JavaScript.
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    `Guichet needs Node 24 or newer; this is ${process.version}. On Linux and Windows \`npm ci\` brings one; elsewhere install it, then try again.\n`,
  )
  process.exit(1)
}
