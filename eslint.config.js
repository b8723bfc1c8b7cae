import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["build/", ".venv/", "**/*.d.ts"] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: { eqeqeq: "error", "no-var": "error", "prefer-const": "error" },
  },
  { files: ["styletransfer/**/frontend/**"], languageOptions: { globals: globals.browser } },
  { files: ["tests/frontend/**"], languageOptions: { globals: globals.nodeBuiltin } },
];
