import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// The bundle goes into the Python package; its server sends it, and nothing comes from elsewhere.
export default defineConfig({
  plugins: [svelte()],
  base: "./",
  build: {
    outDir: "../src/fjordby/web/static",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    license: { fileName: "licences.md" },
  },
  server: { proxy: { "/api": "http://localhost:8600" } },
});
