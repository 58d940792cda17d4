import { defineConfig } from "vite";

const server = "http://127.0.0.1:8000";

export default defineConfig({
  base: "/",
  appType: "mpa",
  worker: { format: "es" },
  build: {
    assetsDir: "assets",
    // The content security policy of both pages knows no data: fonts, so every file stays a file.
    assetsInlineLimit: 0,
    // Monaco is one editor of that size; it loads after the sign-in form is on the screen.
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      input: ["graphiql.html", "reference.html"],
      // "use client" in GraphiQL's dependencies speaks to frameworks that render on a server.
      checks: { moduleLevelDirective: false },
    },
  },
  server: {
    proxy: {
      "/auth": server,
      "/openapi.json": server,
      "/graphql": { target: server, ws: true },
    },
  },
});
