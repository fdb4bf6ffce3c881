/** Stops with one sentence when this Node is too old; imported first, so it must itself run on old versions. */
const WANTED = [20, 19];
const found = process.versions.node.split('.').map(Number);

if (found[0] < WANTED[0] || (found[0] === WANTED[0] && found[1] < WANTED[1])) {
  console.error(
    `WHATSPER needs Node ${WANTED.join('.')} or newer; this is Node ${process.versions.node}. Install a newer one from https://nodejs.org and start again.`,
  );
  process.exit(1);
}
