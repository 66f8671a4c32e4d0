// Whether the server in this container takes jobs: by HTTP, or by HTTPS where it has a certificate, of whatever name.
const port = process.argv[2] ?? 7420; // where the image's command puts HTTP
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
const asked = ['http', 'https'].map(async (scheme) => {
  const { ok } = await fetch(`${scheme}://127.0.0.1:${port}/health/ready`);
  if (!ok) throw new Error('not ready');
});
await Promise.any(asked).then(
  () => process.exit(0),
  () => process.exit(1),
);
