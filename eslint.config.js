// The gate: type-aware rules. An unhandled rejection ends a long-running agent, so promises are checked hardest.
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      'dist-test/**',
      'coverage/**',
      'node_modules/**',
      'scripts/**',
      'bench/**/*.mjs',
      'bench/peers/**',
      '*.config.js',
      // Run by the service manager as it stands.
      'config/systemd/*.cjs',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-dynamic-delete': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Plain interfaces with method shorthand are the house style for ports between rooms.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // Secrets are opened only where they leave the process or are compared with what came back.
    files: ['src/**/*.ts'],
    ignores: [
      'src/core/secret.ts',
      'src/core/scrub.ts',
      'src/modem/**',
      'src/ztp/request.ts',
      'src/vault/**',
      'src/net/tls.ts',
      'src/mqtt/client.ts',
      'src/status/visitor.ts',
      'src/gnss/spartn-key.ts',
      'src/services/**',
      'src/sim/**',
      'src/config/**',
    ],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.property.name='reveal']",
          message: 'reveal() belongs in the transport layer.',
        },
      ],
    },
  },
  {
    // One clock: agent and simulators can share a scaled one, and tests run ninety days in milliseconds.
    files: ['src/**/*.ts'],
    ignores: ['src/core/clock.ts', 'src/status/page/browser/time.ts'],
    rules: {
      'no-restricted-globals': ['error', 'setTimeout', 'setInterval', 'performance'],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time comes from core/clock.' },
        { object: 'AbortSignal', property: 'any', message: 'Leaks against a long-lived parent: use linkedSignal.' },
        { object: 'AbortSignal', property: 'timeout', message: 'Use withDeadline.' },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
);
