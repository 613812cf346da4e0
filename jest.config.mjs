/** Jest 30 in ESM mode: Nest 12 is ESM, so every companion in the tested graph has to be too. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^#events/contract$': '<rootDir>/libs/events/src/journal/journal.contract.ts',
    '^#events/eventstoredb$': '<rootDir>/libs/events/src/adapters/eventstoredb/index.ts',
    '^#contracts$': '<rootDir>/contracts/index.ts',
    '^#infra$': '<rootDir>/infra/local/index.ts',
    '^#(events|ledger|risk)$': '<rootDir>/libs/$1/src/index.ts',
  },
  // Long runs, `*.soak.spec.ts`, belong to `npm run soak` and to nothing else.
  testMatch: [
    `<rootDir>/{apps,contracts,libs,infra,test}/**/*${process.env.NOVATE_SOAK ? '.soak' : ''}.spec.ts`,
  ],
  testPathIgnorePatterns: [
    '/node_modules/',
    ...(process.env.NOVATE_SOAK ? [] : ['\\.soak\\.spec\\.ts$']),
  ],
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  workerIdleMemoryLimit: '512MB',
  testTimeout: 30_000,
};
