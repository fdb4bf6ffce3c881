/**
 * The layer rule: http and workers know the features; features know store, lanes, whatsapp and ops;
 * those know no feature. A feature may use another feature's service.
 */
const BASE = '^src/(store|lanes|whatsapp|ops)/';
const FEATURES =
  '^src/(accounts|audit|operators|search|derived|webhooks|conversations|media|notices|agents|bots|endpoints|onboarding|outbox|tenants|privacy|reports|templates)/';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'base-knows-no-feature',
      severity: 'error',
      from: { path: BASE },
      to: { path: `${FEATURES}|^src/http/|^workers/` },
    },
    {
      name: 'features-know-no-http',
      severity: 'error',
      from: { path: FEATURES },
      to: { path: '^src/http/(?!route|errors|schemas)|^workers/' },
    },
    {
      name: 'product-knows-no-simulator',
      severity: 'error',
      from: { path: '^(src|workers|config)/' },
      to: { path: '^(simulator|test|bench)/' },
    },
    {
      name: 'product-knows-no-dev-packages',
      severity: 'error',
      from: { path: '^(src|workers|config|embedded|simulator)/', pathNot: '^simulator/phone' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'embedded-stands-alone',
      severity: 'error',
      from: { path: '^embedded/' },
      to: { path: '^(src|workers|simulator)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
