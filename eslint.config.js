import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import regexp from 'eslint-plugin-regexp';
import imports from 'eslint-plugin-simple-import-sort';
import tseslint from 'typescript-eslint';

const STAY = 'Databases are reached through the models of src/store only, so that each query has its tenant.';

/** What leads round the tenant scope: the raw driver, and stages that read or write other collections. */
const roundTheScope = [
  'MemberExpression[property.name=/^(collection|db)$/][object.name=/(Model|model|connection)$/]',
  'CallExpression[callee.property.name=/^(collection|getClient|useDb|createConnection|watch|estimatedDocumentCount)$/]',
  'Literal[value=/^\\$(lookup|graphLookup|unionWith|out|merge|changeStream|collStats|indexStats)$/]',
  'Property[key.name=/^\\$(lookup|graphLookup|unionWith|out|merge|changeStream|collStats|indexStats)$/]',
].map((selector) => ({ selector, message: STAY }));

export default defineConfig(
  { ignores: ['dist/**', 'data/**', 'coverage/**', 'node_modules/**'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: ['./tsconfig.json', './tsconfig.web.json'] } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['src/**/*.ts', 'workers/**/*.ts'],
    ignores: ['src/store/**'],
    rules: {
      'no-restricted-syntax': ['error', ...roundTheScope],
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['mongoose', 'mongoose/*', 'mongodb', 'mongodb/*'], message: STAY }] },
      ],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        fetch: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        AbortSignal: 'readonly',
      },
    },
  },
  {
    // What clients and tenants write goes through our patterns: none may take longer than linear time.
    ignores: ['test/**'],
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'certain' }],
      'regexp/no-super-linear-move': ['error', { report: 'certain' }],
    },
  },
  {
    plugins: { imports },
    rules: {
      'imports/imports': 'error',
      'imports/exports': 'error',
      curly: ['error', 'multi-line'],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-param-reassign': 'error',
      'no-console': 'off',
    },
  },
);
